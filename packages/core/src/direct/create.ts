import { type Ask, unavailable } from '../adapters/guarded-endpoint.ts';
import { ImgwireError, isImgwireError } from '../errors.ts';
import { misplaced } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import { checkMetadata, METADATA_CHECKS } from '../rules/metadata.ts';
import type { UploadMetadata, UploadRules } from '../rules/rules.ts';
import { publish, startClock } from '../upload/events.ts';
import { ticketRules } from './after.ts';
import type { AcceptedFile } from './before.ts';
import type { Lifetime } from './lifetime.ts';
import { type DirectMeans, discardNoted, GRACE_MS } from './means.ts';

/** What a browser needs for the upload of one file. */
export interface BegunUpload {
  readonly imageId: string;
  /** Where to PUT the bytes: a secret until it expires. */
  readonly uploadUrl: string;
  /** The headers of that PUT. */
  readonly headers: Readonly<Record<string, string>>;
  /** To complete or cancel the upload. */
  readonly ticket: string;
  /** When the ticket expires, RFC 3339. */
  readonly expiresAt: string;
}

/** Whom the uploads are for, and until when. */
export interface Issue<Request> {
  readonly req: Request;
  readonly ask: Ask;
  readonly signal: AbortSignal | undefined;
  readonly route: string;
  readonly subject: string | null;
  readonly ticketTtlMs: number;
  readonly metadata: UploadRules<Request>['metadata'];
}

const DIRECT_METADATA_CHECKS = {
  ...METADATA_CHECKS,
  idempotencyKey: misplaced(
    'a direct upload has a key of its own, by which its record is found: leave it out',
  ),
};

/**
 * Creates the records of accepted files: all, or none is left.
 *
 * @throws ImgwireError `INVALID_METADATA`, `RATE_LIMITED`, `UPSTREAM_*`; those of `metadata`
 */
export async function beginUploads<Request>(
  means: DirectMeans,
  uploads: ReturnType<Lifetime['openUploads']>,
  files: readonly AcceptedFile[],
  issue: Issue<Request>,
): Promise<BegunUpload[]> {
  const described = [];
  for (const file of files) described.push({ ...file, metadata: await metadataOf(file, issue) });
  uploads.assertRoom(issue.subject, files.length);
  const begun = await Promise.allSettled(described.map((file) => beginUpload(means, uploads, file, issue)));
  const failed = begun.find((each) => each.status === 'rejected');
  const stored = begun.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  if (!failed && !issue.signal?.aborted) return stored.map(({ upload }) => upload);
  await Promise.all(stored.map(({ rollback }) => rollback()));
  throw failed ? failed.reason : issue.signal?.reason;
}

async function metadataOf<Request>(
  { info }: AcceptedFile,
  { metadata, ask, req }: Issue<Request>,
): Promise<UploadMetadata> {
  const given = metadata && (await ask(() => metadata(req, info)).catch(unavailable));
  return checkMetadata(given, DIRECT_METADATA_CHECKS);
}

async function beginUpload<Request>(
  means: DirectMeans,
  uploads: ReturnType<Lifetime['openUploads']>,
  { info, size, rules, metadata }: AcceptedFile & { readonly metadata: UploadMetadata },
  { signal, route, subject, ticketTtlMs }: Issue<Request>,
): Promise<{ readonly upload: BegunUpload; readonly rollback: () => Promise<void> }> {
  const { imgwire, notes, tickets } = means;
  const durationMs = startClock();
  const key = crypto.randomUUID();
  const strike = async (): Promise<void> => {
    // What is left of the note is found later: it is open, and its record is gone.
    await notes
      ?.begin(key, 'reject')
      .then(() => notes.end(key, 'struck'))
      .catch(() => undefined);
  };
  // It counts from now on, by its key: other requests of the subject must not pass it while its record is created.
  uploads.add(key, subject, ticketTtlMs + GRACE_MS);
  await notes?.issue(key, ticketTtlMs + GRACE_MS).catch((cause: unknown) => {
    uploads.remove(key);
    throw new ImgwireError('UPSTREAM_UNAVAILABLE', { cause });
  });
  const input = {
    ...metadata,
    fileName: metadata.fileName ?? info.originalname,
    mimeType: info.mimetype,
    contentLength: size,
    idempotencyKey: key,
    ...definedOf({ signal }),
  };
  const { image, uploadUrl } = await imgwire.createDirectUpload(input).catch(async (error: unknown) => {
    uploads.remove(key);
    // Where a response is lost the record may exist: the sweep finds it by its key.
    const isLost = isImgwireError(error) && ['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT'].includes(error.code);
    if (!isLost) await strike();
    throw error;
  });
  // Without it the sweep finds the record by its key.
  notes?.created(key, image.id).catch(() => undefined);
  const expires = Date.now() + ticketTtlMs;
  const ticket = await tickets.sign(
    { key, image: image.id, expires, size, field: info.fieldname, rules: ticketRules(rules) },
    route,
    subject,
  );
  uploads.remove(key);
  uploads.add(image.id, subject, ticketTtlMs + GRACE_MS);
  publish('imgwire:direct:created', () => ({ imageId: image.id, durationMs: durationMs() }));
  return {
    upload: {
      imageId: image.id,
      uploadUrl,
      headers: { 'Content-Type': image.mime_type },
      ticket,
      expiresAt: new Date(expires).toISOString(),
    },
    rollback: async () => {
      uploads.remove(image.id);
      if ((await discardNoted(means, image.id)) === 'struck') await strike();
    },
  };
}
