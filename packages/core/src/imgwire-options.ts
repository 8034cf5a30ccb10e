import type { Logger } from './logger.ts';
import { bytes, callback, httpUrl, milliseconds, positive, withMethods } from './options/checks.ts';
import type { Check } from './options/option-problem.ts';
import type { DispatcherLike } from './service/http.ts';
import type { ImgwireClientLike } from './service/sdk.ts';
import type { CreateCallbacks, CreateIntent } from './upload/context.ts';
import type { RollbackFailure } from './upload/events.ts';

/** How to reach Imgwire. */
export interface ImgwireOptions {
  /** A server key (`sk_…`). @default the environment's IMGWIRE_API_KEY */
  readonly apiKey?: string | undefined;
  /** Where the API is. @default the environment's IMGWIRE_API_BASE_URL, or https://api.imgwire.dev */
  readonly baseUrl?: string | undefined;
  /** An `ImgwireClient` of `@imgwire/node` to make the API calls with, instead of `apiKey` and `baseUrl`. */
  readonly client?: ImgwireClientLike | undefined;
  /**
   * An undici `Dispatcher` (6 or later, or the one inside Node) for every request, the PUT included: `new EnvHttpProxyAgent()` for
   * a proxy. Its creator closes it. @default our own connections, without a proxy
   */
  readonly dispatcher?: DispatcherLike | undefined;
  /** Timeout for opening a connection, milliseconds; not with a `dispatcher`, which has its own. @default 10_000 */
  readonly connectTimeoutMs?: number | undefined;
  /** Timeout of one API call, from its start to the end of the response, milliseconds. @default 15_000 */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest time of a PUT without progress, milliseconds. @default 30_000 */
  readonly putIdleTimeoutMs?: number | undefined;
  /** Attempts of each call, the first included. @default 3 */
  readonly maxAttempts?: number | undefined;
  /**
   * Transfers to Imgwire at once, and so the most records that are pending. At most half of them are for files that still arrive; the others
   * are for files that are here.
   * @default 256
   */
  readonly maxConcurrentUploads?: number | undefined;
  /**
   * Memory of what has arrived and is not sent yet, bytes, counted as it arrives. Where it is used up, files go to the temporary
   * folder. @default 201_326_592 (192 MiB)
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Memory of the copies from which files above the read-ahead are sent again, bytes. A file that would take more than is
   * left, or than a quarter of it, has its copy on disk. @default 33_554_432 (32 MiB)
   */
  readonly maxReplayBytes?: number | undefined;
  /** Longest wait of a file for a transfer, milliseconds; then it is `TOO_MANY_UPLOADS`. @default 10_000 */
  readonly queueTimeoutMs?: number | undefined;
  /** How long `close()` lets uploads in flight finish, milliseconds; also where an adapter calls it. @default 30_000 */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Called with a record that could not be deleted, after every attempt, although its upload failed or was discarded. Store it,
   * and delete it later. @default none
   */
  readonly onRollbackFailed?: ((failure: RollbackFailure) => void | Promise<void>) | undefined;
  /**
   * Called before the record of each upload is created, except those of `createDirectUpload` and imports by URL, and waited for.
   * A process that is killed in the middle of an upload leaves its record PENDING: what this has noted can be found and deleted,
   * see `rollbackQueue` of `@imgwire/bullmq`. If it fails that is logged, and the upload goes on. @default none
   */
  readonly beforeCreate?: ((intent: CreateIntent) => CreateCallbacks | Promise<CreateCallbacks>) | undefined;
  /**
   * Logs retries, records that could not be deleted, and failures that you have to mend: a wrong key, a service that cannot be
   * reached, an `authorize` that answered with no boolean. pino fits, and so does `console`. @default none; failures that you have to
   * mend go to `console.error`
   */
  readonly logger?: Logger | undefined;
}

/** What stands in examples and templates where a key belongs, with or without its prefix. */
const PLACEHOLDER =
  /^(?:sk_)?(?:[.*]+|x{3,}|<.*>|\$?\{.*\}|(?:change|replace)[-_]?me|(?:(?:my|your)[-_])?(?:imgwire[-_])?(?:api[-_]?|server[-_]?|secret[-_]?)?key(?:[-_]here)?|undefined|null)$/i;

/** As it is sent: a key read from a file often ends in a newline. A key is never shown. */
const serverKey: Check = (value) => {
  if (typeof value !== 'string' || value === '') return 'a string that is not empty';
  const key = value.trim();
  if (key.startsWith('ck_')) return 'a server key (sk_…), not the client key (ck_…), which is for browsers';
  if (/\s/.test(key)) return 'the key alone (sk_…), without spaces and without "Bearer"';
  if (/^["'`]|["'`]$/.test(key)) return 'the key (sk_…) without quotation marks: here they are a part of it';
  if (!/^[\x21-\x7e]+$/.test(key))
    return 'the key (sk_…) as it was issued: this one has characters that are not ASCII';
  return PLACEHOLDER.test(key)
    ? 'your own server key (sk_…), not what stands for it in an example'
    : undefined;
};
const CALLS = ['create', 'retrieve', 'list', 'delete', 'uploadViaUrl', 'createUploadToken'];
const client: Check = (value) =>
  withMethods(...CALLS)((value as { images?: unknown } | null)?.images) &&
  'an ImgwireClient of @imgwire/node';
const dispatcher: Check = (value) =>
  withMethods('dispatch')(value) && 'a Dispatcher of undici, such as ProxyAgent';
const logger: Check = (value) =>
  typeof value === 'object' && value !== null ? undefined : 'a logger object';

/** The checks of {@link ImgwireOptions}, for adapters that take rules and connection options in one object. */
export const IMGWIRE_CHECKS: Readonly<Record<keyof ImgwireOptions, Check>> = {
  apiKey: serverKey,
  baseUrl: httpUrl,
  client,
  dispatcher,
  connectTimeoutMs: milliseconds(),
  requestTimeoutMs: milliseconds(),
  putIdleTimeoutMs: milliseconds(),
  maxAttempts: positive,
  maxConcurrentUploads: positive,
  maxBufferedBytes: bytes(1),
  maxReplayBytes: bytes(),
  queueTimeoutMs: milliseconds(),
  closeTimeoutMs: milliseconds(0),
  onRollbackFailed: callback,
  beforeCreate: callback,
  logger,
};

/** The key and the address, of the options or the environment. @throws TypeError without a key, and for a wrong one */
export function credentials(options: ImgwireOptions): { apiKey: string; baseUrl: string } {
  const apiKey = (options.apiKey ?? process.env['IMGWIRE_API_KEY'])?.trim();
  if (!apiKey) {
    throw new TypeError(
      'createImgwire(): no API key: set IMGWIRE_API_KEY in the environment, or pass `apiKey`, or a `client` of @imgwire/node.',
    );
  }
  const wrong = serverKey(apiKey);
  if (wrong) throw new TypeError(`createImgwire(): IMGWIRE_API_KEY must be ${String(wrong)}.`);
  const baseUrl = options.baseUrl ?? process.env['IMGWIRE_API_BASE_URL'] ?? 'https://api.imgwire.dev';
  if (httpUrl(baseUrl))
    throw new TypeError('createImgwire(): IMGWIRE_API_BASE_URL must be an absolute http or https URL.');
  return { apiKey, baseUrl: baseUrl.replace(/\/+$/, '') };
}
