import type { Cancellation, WithSignal } from '../cancellation.ts';
import { ImgwireError } from '../errors.ts';
import { abortSignal, flag, milliseconds } from '../options/checks.ts';
import { assertOptions } from '../options/validate.ts';
import { withDeadline } from '../service/deadline.ts';
import { toUpstreamError } from '../service/upstream-error.ts';
import type { Context } from '../upload/context.ts';
import { deleteRecord } from '../upload/create.ts';
import { type DiskUser, openTemporaryFile } from '../upload/replay/temporary-file.ts';
import { upload } from './upload.ts';

/** What to check, and for how long. */
export interface CheckOptions {
  /**
   * Whether to upload an image of one pixel too, and to delete it. It tests the whole way, for a deployment. Do not use it in a
   * probe that runs every few seconds. @default false
   */
  readonly upload?: boolean | undefined;
  /** How long each check may take, in milliseconds. @default 5_000 */
  readonly timeoutMs?: number | undefined;
  /** Ends the checks early. What is not known then is not ok. */
  readonly signal?: AbortSignal | undefined;
}

/** How one check went. */
export interface CheckResult {
  /** Whether it works. */
  readonly ok: boolean;
  /** Why not: an ImgwireError with its `cause`, or the reason of the signal. */
  readonly error?: unknown;
}

/** What works of all that uploads need. */
export interface ImgwireHealth {
  /** Whether all that was checked works. */
  readonly ok: boolean;
  /** Imgwire's API responds, and takes the key. */
  readonly service: CheckResult;
  /**
   * The object storage responds; with `upload` it has taken an image. Undefined before the first upload, which shows where it is.
   */
  readonly store: CheckResult | undefined;
  /**
   * The temporary folder can be written. If not, large files are sent without a replay copy, and files of unknown length are
   * rejected.
   */
  readonly folder: CheckResult;
}

const CHECKS = { upload: flag, timeoutMs: milliseconds(), signal: abortSignal };

/**
 * Checks what uploads need, all at once, with one attempt each. Once the instance closes nothing is ok. @throws TypeError for a
 * wrong option
 */
export async function check(
  context: Context,
  options: WithSignal<CheckOptions> = {},
): Promise<ImgwireHealth> {
  assertOptions('check()', options, CHECKS);
  const { timeoutMs = 5_000, signal, upload: uploads = false } = options;
  const { shutdown, seen } = context;
  const result = (call: (signal: Cancellation) => Promise<unknown>): Promise<CheckResult> =>
    shutdown
      .runCall(signal, (either) => withDeadline(timeoutMs, either, call))
      .then(
        () => ({ ok: true }),
        (error: unknown) => ({ ok: false, error }),
      );
  const { storageOrigin } = seen;
  const reach = storageOrigin ? [(ending: Cancellation) => reachStorage(context, storageOrigin, ending)] : [];
  const storage = uploads ? (ending: Cancellation) => uploadPixel(context, ending) : reach[0];
  const [service, folder, stored] = await Promise.all([
    result((ending) => context.service.list({ page: 1, limit: 1 }, ending)),
    result(writeFolder),
    storage && result(storage),
  ]);
  return { ok: service.ok && folder.ok && stored?.ok !== false, service, store: stored, folder };
}

/** Whatever the storage says to a request without a signature, it is there. */
async function reachStorage({ http }: Context, origin: string, signal: Cancellation): Promise<void> {
  const request = { call: 'GET upload_url', method: 'GET', origin, path: '/', headers: {}, signal } as const;
  const { status, body } = await http.send({ ...request, discardBody: true });
  if (status >= 500) throw toUpstreamError({ call: request.call, status, body });
}

/** A PNG of one pixel. */
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function uploadPixel(context: Context, signal: Cancellation): Promise<void> {
  const { id } = await upload(context, { file: PIXEL, fileName: 'imgwire-check.png', signal });
  await deleteRecord(context, id);
}

const ALONE: DiskUser = {
  hasDisk: () => true,
  holdDisk: () => true,
  releaseDisk: () => undefined,
  busy: () => new ImgwireError('TOO_MANY_UPLOADS'),
};

async function writeFolder(): Promise<void> {
  const file = await openTemporaryFile(ALONE);
  try {
    await file.append(PIXEL);
    await file.flush();
  } finally {
    await file.close();
  }
}
