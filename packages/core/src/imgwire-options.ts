import { ofEnvironment } from './environment.ts';
import type { Logger } from './logger.ts';
import { bytes, callback, httpUrl, milliseconds, positive, withMethods } from './options/checks.ts';
import type { Check } from './options/option-problem.ts';
import type { DispatcherLike } from './service/http.ts';
import type { ImgwireClientLike } from './service/sdk.ts';
import type { CreateCallbacks, CreateIntent } from './upload/context.ts';
import type { RollbackFailure } from './upload/events.ts';

/** How to reach Imgwire, and how much to do at once. */
export interface ImgwireOptions {
  /** Your server key (`sk_…`). @default the environment's IMGWIRE_API_KEY */
  readonly apiKey?: string | undefined;
  /** The URL of the API. @default the environment's IMGWIRE_API_BASE_URL, or https://api.imgwire.dev */
  readonly baseUrl?: string | undefined;
  /**
   * The Environment of every call, a UUID, sent as `X-Environment-Id`. A server key is bound to its Environment and needs none: set it
   * if `apiKey` is a token of another kind, such as an agent's. @default none is sent
   */
  readonly environmentId?: string | undefined;
  /** Makes the API calls, instead of `apiKey` and `baseUrl`: an `ImgwireClient` of `@imgwire/node`. */
  readonly client?: ImgwireClientLike | undefined;
  /**
   * Sends every request, the PUT included: an undici `Dispatcher` (6 or later, or the one inside Node). For a proxy, pass
   * `new EnvHttpProxyAgent()`. You created it, so you close it. We open no connection ahead with it.
   * @default our own connections, without a proxy
   */
  readonly dispatcher?: DispatcherLike | undefined;
  /**
   * How long opening a connection may take, in milliseconds. Raise it if your network is slow to connect. A `dispatcher` has its
   * own. @default 10_000
   */
  readonly connectTimeoutMs?: number | undefined;
  /** How long one API call may take, in milliseconds, from its start to the end of the response. @default 15_000 */
  readonly requestTimeoutMs?: number | undefined;
  /**
   * How long a PUT may go without progress, in milliseconds. A large file may take longer in all, if it moves on.
   * @default 30_000
   */
  readonly putIdleTimeoutMs?: number | undefined;
  /**
   * How often each call is tried, the first attempt included. Set 1 if your own code retries. An idle connection that the server
   * has closed costs no attempt. @default 3
   */
  readonly maxAttempts?: number | undefined;
  /**
   * How many uploads to Imgwire run at once. At most half of these slots are for files that still arrive; the others are for
   * files that are here. It is also the most records that are PENDING at once. @default 256
   */
  readonly maxConcurrentUploads?: number | undefined;
  /**
   * Memory for files that have arrived and are not sent yet, in bytes. When it is used up, files go to the temporary folder.
   * Lower it in a small container. @default 201_326_592 (192 MiB)
   */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Memory for replay copies, in bytes, shared by all uploads. From its copy, a file above the read-ahead can be sent again. A
   * copy goes to disk if it would take more than a quarter of this memory, or more than is left. Set 0 to keep every copy on
   * disk.
   * @default 33_554_432 (32 MiB)
   */
  readonly maxReplayBytes?: number | undefined;
  /** How long a file may wait for a slot, in milliseconds. Then it fails with `TOO_MANY_UPLOADS`. @default 10_000 */
  readonly queueTimeoutMs?: number | undefined;
  /**
   * How long `close()` lets uploads in flight finish, in milliseconds. Set it below the time that your platform leaves a process
   * to stop. It counts where an adapter calls `close()` for you. @default 30_000
   */
  readonly closeTimeoutMs?: number | undefined;
  /**
   * Called when a record is left at Imgwire: its upload failed or was discarded, and every attempt to delete it failed. Store it,
   * and delete it later. @default none
   */
  readonly onRollbackFailed?: ((failure: RollbackFailure) => void | Promise<void>) | undefined;
  /**
   * Called and awaited before we create the record of an upload. `createDirectUpload` and uploads via URL do not call it.
   *
   * If the process is killed during an upload, its record stays PENDING. What you note here lets you find and delete it later, as
   * `rollbackQueue` of `@imgwire/bullmq` does. If this callback fails, the failure is logged and the upload goes on.
   * @default none
   */
  readonly beforeCreate?: ((intent: CreateIntent) => CreateCallbacks | Promise<CreateCallbacks>) | undefined;
  /**
   * Gets retries, records that could not be deleted, and failures that you have to mend. Such a failure is a wrong key, a service
   * that cannot be reached, or an `authorize` that returned no boolean. Pass pino, or `console`.
   * @default none; failures that you have to mend go to `console.error`
   */
  readonly logger?: Logger | undefined;
}

/** What examples have in the place of a key, with or without its prefix. */
const PLACEHOLDER =
  /^(?:sk_)?(?:[.*]+|x{3,}|<.*>|\$?\{.*\}|(?:change|replace)[-_]?me|(?:(?:my|your)[-_])?(?:imgwire[-_])?(?:api[-_]?|server[-_]?|secret[-_]?)?key(?:[-_]here)?|undefined|null)$/i;

/** Trims the key as we do before we send it: one read from a file often ends in a newline. A key is never shown. */
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
const environmentId: Check = (value) =>
  typeof value === 'string' && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value) ? undefined : 'a UUID';
const CALLS = ['create', 'retrieve', 'list', 'delete', 'uploadViaUrl', 'createUploadToken'];
const client: Check = (value) =>
  withMethods(...CALLS)((value as { images?: unknown } | null)?.images) &&
  'an ImgwireClient of @imgwire/node';
const dispatcher: Check = (value) =>
  withMethods('dispatch')(value) && 'a Dispatcher of undici, such as ProxyAgent';
const logger: Check = (value) =>
  typeof value === 'object' && value !== null ? undefined : 'a logger object';

/** The checks of {@link ImgwireOptions}, for adapters that take them and rules in one object. */
export const IMGWIRE_CHECKS: Readonly<Record<keyof ImgwireOptions, Check>> = {
  apiKey: serverKey,
  baseUrl: httpUrl,
  environmentId,
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

/**
 * Returns the key and the URL of the API, from the options or the environment. @throws TypeError without a key, and for a wrong
 * one
 */
export function credentials(options: Pick<ImgwireOptions, 'apiKey' | 'baseUrl'>): {
  apiKey: string;
  baseUrl: string;
} {
  const apiKey = (options.apiKey ?? ofEnvironment('IMGWIRE_API_KEY'))?.trim();
  if (!apiKey) {
    throw new TypeError(
      'createImgwire() has no API key: set IMGWIRE_API_KEY in the environment, or pass `apiKey`, or a `client` of @imgwire/node.',
    );
  }
  const wrong = serverKey(apiKey);
  if (wrong) throw new TypeError(`createImgwire(): IMGWIRE_API_KEY must be ${String(wrong)}.`);
  const baseUrl = options.baseUrl ?? ofEnvironment('IMGWIRE_API_BASE_URL') ?? 'https://api.imgwire.dev';
  if (httpUrl(baseUrl))
    throw new TypeError('createImgwire(): IMGWIRE_API_BASE_URL must be an absolute http or https URL.');
  return { apiKey, baseUrl: baseUrl.replace(/\/+$/, '') };
}

/** Where an instance keeps its key for us. Registered, since there may be two copies of this package. */
const API_KEY = Symbol.for('imgwire.apiKey');

/** Keeps the key of an instance where no log and no JSON shows it. */
export const withApiKey = <Instance extends object>(
  instance: Instance,
  apiKey: () => string | undefined,
): Instance => Object.defineProperty(instance, API_KEY, { value: apiKey });

/** Returns the key of an instance; undefined if it has a `client`, or is none of ours. */
export const apiKeyOf = (instance: object): string | undefined =>
  (instance as { readonly [API_KEY]?: () => string | undefined })[API_KEY]?.();

/** Returns the secret that signs the tickets of direct uploads; undefined if the environment has none. */
export const ticketSecretOfEnvironment = (): string | undefined =>
  ofEnvironment('IMGWIRE_TICKET_SECRET') || undefined;
