import type { ServerResponse } from 'node:http';
import type { Cancellation } from './base/cancellation.ts';
import { checkImageId } from './base/check-id.ts';
import { bytes, callback, count, httpUrl, milliseconds, positive, withMethods } from './base/checks.ts';
import type { IncomingRequest } from './base/incoming-request.ts';
import { assertObject, assertOptions } from './base/validate.ts';
import type { Check } from './base/wrong-option.ts';
import { type Bulk, bulk } from './calls/bulk.ts';
import {
  createDirectUpload,
  type DirectUpload,
  type DirectUploadInput,
} from './calls/create-direct-upload.ts';
import { type ManyOptions, type ManyResult, many } from './calls/many.ts';
import { owningStream, type UploadInput, upload } from './calls/upload.ts';
import { keyOfUrl, type UploadViaUrlInput, uploadViaUrl } from './calls/upload-via-url.ts';
import { type ImgwireImage, toImage } from './image/image.ts';
import { type ReceivedForm, receive } from './receive/receive.ts';
import { type ResolvedRules, resolveRules, resolveRulesOnce, type UploadRules } from './rules/rules.ts';
import { withEither } from './service/deadline.ts';
import { type DispatcherLike, openHttp } from './service/http.ts';
import { openLifetime } from './service/lifetime.ts';
import { restService } from './service/rest.ts';
import { retry } from './service/retry.ts';
import { type ImgwireClientLike, sdkService } from './service/sdk.ts';
import type { UploadToken } from './service/service.ts';
import { announcer } from './store/announce.ts';
import { openBudget } from './store/budget.ts';
import type { Announcement, Connection, CreateIntent, Logger } from './store/connection.ts';
import { remove } from './store/create.ts';
import { publish, type UndoFailure } from './store/events.ts';
import { copyOpener } from './store/memory-copy.ts';
import {
  type StorageEngine,
  type StorageRules,
  storageEngine,
  storageRules,
} from './store/multer-storage.ts';
import type { WaitOptions } from './store/poll.ts';
import { waitUntilReady } from './store/wait-until-ready.ts';

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
  /** Concurrent uploads; the others wait in the queue, with backpressure on their clients. @default 256 */
  readonly maxConcurrentUploads?: number | undefined;
  /** Memory of the concurrent uploads, bytes: each takes 512 KiB and its read-ahead. @default 201_326_592 (192 MiB) */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Memory of the copies from which files above the read-ahead are sent again, bytes. A file that would take more than is
   * left, or than a quarter of it, has its copy on disk. @default 33_554_432 (32 MiB)
   */
  readonly maxReplayBytes?: number | undefined;
  /** Uploads in the queue; one more is `TOO_MANY_UPLOADS`. @default 1_024 */
  readonly maxQueuedUploads?: number | undefined;
  /** Longest wait in the queue, milliseconds; then it is `TOO_MANY_UPLOADS`. @default 10_000 */
  readonly queueTimeoutMs?: number | undefined;
  /**
   * Called with a record that could not be deleted, after every attempt, although its upload failed or was discarded. Store it,
   * and delete it later. @default none
   */
  readonly onUndoFailed?: ((failure: UndoFailure) => void | Promise<void>) | undefined;
  /**
   * Called before the record of each upload is created, except those of `createDirectUpload` and imports by URL, and waited for.
   * A process that is killed in the middle of an upload leaves its record PENDING: what this has noted can be found and deleted,
   * see `undoQueue` of `@imgwire/bullmq`. If it fails that is logged, and the upload goes on. @default none
   */
  readonly beforeCreate?: ((intent: CreateIntent) => Announcement | Promise<Announcement>) | undefined;
  /** Logs retries and records that could not be deleted. pino fits, and so does `console`. @default none */
  readonly logger?: Logger | undefined;
}

/** How to close a connection. */
export interface CloseOptions {
  /** How long uploads in flight may take to finish; then they are aborted and undone. Milliseconds. @default 30_000 */
  readonly timeoutMs?: number | undefined;
}

/** A connection to Imgwire, and its calls. Create one per process, and share it. */
export interface Imgwire extends Bulk {
  /**
   * Receives a multipart form and stores its files at Imgwire while they arrive; every adapter calls it. All or
   * nothing: on any failure no image of the form is left.
   *
   * Rules are resolved once for each object: to change them later has no effect. With `res`, a response sent before the form is complete aborts the upload (`RESPONSE_ENDED`), and `discardOnError` works.
   *
   * @throws ImgwireUploadError any code; the errors of `authorize` and `metadata` unchanged
   */
  receive<Request extends IncomingRequest>(
    req: Request,
    rules?: UploadRules<Request>,
    res?: ServerResponse,
  ): Promise<ReceivedForm>;
  /** The same for one set of rules, which are validated once. @throws TypeError that names the wrong option */
  receiver<Request extends IncomingRequest>(
    rules?: UploadRules<Request>,
  ): (req: Request, res?: ServerResponse) => Promise<ReceivedForm>;
  /** A storage engine for an existing multer. @throws TypeError that names the wrong option */
  storage<Request>(rules?: StorageRules<Request>): StorageEngine;
  /**
   * Uploads bytes that the backend holds. On failure no record is left.
   *
   * @throws ImgwireUploadError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `LENGTH_MISMATCH`, `LENGTH_REQUIRED`,
   *   `SOURCE_FAILED`, and as `list`; TypeError for an unsupported source
   */
  upload(input: UploadInput): Promise<ImgwireImage>;
  /**
   * Uploads many, a few at a time, and yields each outcome as it settles. With an `idempotencyKey` per item a run can be
   * interrupted and restarted: nothing is stored twice.
   */
  uploadMany(
    items: Iterable<UploadInput> | AsyncIterable<UploadInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadInput, ImgwireImage>, void, void>;
  /** Lets Imgwire fetch an image from its URL. @throws as `list` */
  uploadViaUrl(input: UploadViaUrlInput): Promise<ImgwireImage>;
  /** Imports many, like `uploadMany`. The idempotency key is derived from the URL unless one is given. */
  uploadViaUrlMany(
    items: Iterable<UploadViaUrlInput> | AsyncIterable<UploadViaUrlInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadViaUrlInput, ImgwireImage>, void, void>;
  /** Waits until an image is READY. @throws ImgwireUploadError `QUARANTINED`, `NOT_READY`, and as `retrieve` */
  waitUntilReady(image: string | { readonly id: string }, options?: WaitOptions): Promise<ImgwireImage>;
  /** @throws ImgwireUploadError `IMAGE_NOT_FOUND`, and as `list`; TypeError for an id that is empty or not a string */
  retrieve(id: string, signal?: AbortSignal): Promise<ImgwireImage>;
  /** Deletes an image; a missing one counts as deleted, a malformed id does not. @throws as `retrieve` */
  delete(id: string): Promise<void>;
  /** Deletes an image whose request has failed. Never rejects: a failed delete is reported, see `onUndoFailed`. */
  discard(id: string): Promise<void>;
  /**
   * A record and its presigned URL, for a client that PUTs the bytes itself; see {@link DirectUpload}. The caller must delete
   * the record if the bytes do not arrive: until then it is PENDING, and counts.
   *
   * @throws as `list`
   */
  createDirectUpload(input: DirectUploadInput): Promise<DirectUpload>;
  /** A token for one upload from a browser. @throws as `list` */
  createUploadToken(signal?: AbortSignal): Promise<UploadToken>;
  /**
   * Closes the connections. Uploads in flight finish first, or are aborted and undone after `timeoutMs`; new ones are
   * `SHUTTING_DOWN`. Close the HTTP server first: `server.close()`.
   */
  close(options?: CloseOptions): Promise<void>;
}

/** As it is sent: a key read from a file often ends in a newline. A key is never shown. */
const serverKey: Check = (value) => {
  if (typeof value !== 'string' || value === '') return 'a string that is not empty';
  const key = value.trim();
  if (key.startsWith('ck_')) return 'a server key (sk_…), not the client key (ck_…), which is for browsers';
  return /\s/.test(key) ? 'the key alone (sk_…), without spaces and without "Bearer"' : undefined;
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
  maxQueuedUploads: count,
  queueTimeoutMs: milliseconds(),
  onUndoFailed: callback,
  beforeCreate: callback,
  logger,
};

/**
 * Connects to Imgwire. Nothing is sent before the first call.
 *
 * @throws TypeError without a key and a client, and for an option that is unknown or wrong
 */
export function createImgwire(options: ImgwireOptions = {}): Imgwire {
  assertOptions('createImgwire()', options, IMGWIRE_CHECKS);
  const connection = connect(options);
  const { service, http, retries, lifetime } = connection;
  const repeat = <T>(own: AbortSignal | undefined, call: (signal: Cancellation) => Promise<T>): Promise<T> =>
    lifetime.runCall(own, (signal) => retry(retries, signal, () => call(signal)));
  const by =
    <Request extends IncomingRequest>(rules: ResolvedRules<Request>) =>
    (req: Request, res?: ServerResponse): Promise<ReceivedForm> =>
      receive(connection, req, rules, res);
  return {
    ...bulk(connection),
    receiver: (rules = {}) => by(resolveRules(rules)),
    receive: async (req, rules = {}, res) => by(resolveRulesOnce(rules))(req, res),
    upload: (input) => owningStream(input?.file, () => lifetime.run(() => upload(connection, input))),
    uploadMany: (items, options = {}) =>
      many('uploadMany()', items, options, (item, signal) =>
        owningStream(item?.file, () =>
          lifetime.run(async () => {
            assertObject('upload()', item, 'file');
            return withEither(item.signal, signal, (either) =>
              upload(connection, { ...item, signal: either }),
            );
          }),
        ),
      ),
    uploadViaUrl: (input) => uploadViaUrl(connection, input),
    uploadViaUrlMany: (items, options = {}) =>
      many('uploadViaUrlMany()', items, options, async (item, signal) => {
        assertObject('uploadViaUrl()', item, 'url');
        return withEither(item.signal, signal, (either) =>
          uploadViaUrl(connection, {
            ...item,
            idempotencyKey: item.idempotencyKey ?? keyOfUrl(item.url),
            signal: either,
          }),
        );
      }),
    waitUntilReady: async (image, options) => {
      const id = checkImageId('waitUntilReady()', typeof image === 'string' ? image : image?.id);
      const wait = (signal: Cancellation) => waitUntilReady(connection, id, { ...options, signal });
      return toImage(await lifetime.runCall(options?.signal, wait));
    },
    storage: (rules = {}) => storageEngine(connection, storageRules(rules)),
    retrieve: async (id, signal) =>
      toImage(await repeat(signal, (either) => service.retrieve(checkImageId('retrieve()', id), either))),
    discard: (id) => remove(connection, id),
    delete: (id) => repeat(undefined, () => service.delete(checkImageId('delete()', id))),
    createDirectUpload: (input) => lifetime.run(() => createDirectUpload(connection, input)),
    createUploadToken: (signal) => repeat(signal, (either) => service.createUploadToken(either)),
    close: async (options = {}) => {
      assertOptions('close()', options, { timeoutMs: milliseconds(0) });
      await lifetime.end(options.timeoutMs ?? 30_000);
      await http.close();
    },
  };
}

function connect(options: ImgwireOptions): Connection {
  const { connectTimeoutMs = 10_000, requestTimeoutMs = 15_000, putIdleTimeoutMs = 30_000 } = options;
  const { dispatcher, maxAttempts = 3 } = options;
  if (dispatcher && options.connectTimeoutMs !== undefined) {
    throw new TypeError(
      'createImgwire(): option "connectTimeoutMs" belongs to the `dispatcher`, which makes the connections.',
    );
  }
  const logger = unfailing(options.logger ?? {});
  const http = openHttp(connectTimeoutMs, dispatcher);
  return {
    http,
    service: options.client
      ? sdkService(options.client, requestTimeoutMs)
      : restService(http, { ...credentials(options), requestTimeoutMs }),
    putIdleTimeoutMs,
    budget: openBudget({
      maxConcurrentUploads: options.maxConcurrentUploads ?? 256,
      maxBufferedBytes: options.maxBufferedBytes ?? 192 * 1024 * 1024,
      maxQueuedUploads: options.maxQueuedUploads ?? 1024,
      queueTimeoutMs: options.queueTimeoutMs ?? 10_000,
    }),
    openCopy: copyOpener(options.maxReplayBytes ?? 32 * 1024 * 1024),
    lifetime: openLifetime(),
    beforeCreate: options.beforeCreate && announcer(options.beforeCreate, logger.error),
    undoFailed: (failure) => {
      const { error: err, ...what } = failure;
      publish('imgwire:upload:undo-failed', () => failure);
      logger.error({ ...what, err }, 'A record could not be removed, and may be left at Imgwire');
      const report = async (): Promise<void> => options.onUndoFailed?.(failure);
      report().catch((failed: unknown) => logger.error({ ...what, err: failed }, 'onUndoFailed failed'));
    },
    retries: {
      maxAttempts,
      onRetry: (error, attempt, waitMs) => {
        publish('imgwire:upload:retried', () => ({ error, attempt, waitMs }));
        logger.warn({ err: error, attempt, waitMs }, 'A call to Imgwire is repeated');
      },
    },
  };
}

/** A logger that throws must not turn a retry into a failure, or mask one. */
function unfailing(logger: Logger): Required<Logger> {
  const safe =
    (level: keyof Logger) =>
    (context: object, message: string): void => {
      try {
        logger[level]?.(context, message);
      } catch {
        // Nowhere left to report it.
      }
    };
  return { debug: safe('debug'), warn: safe('warn'), error: safe('error') };
}

function credentials(options: ImgwireOptions): { apiKey: string; baseUrl: string } {
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
