import type { IncomingMessage } from 'node:http';
import { type ImgwireImage, toImage } from './image/image.ts';
import { type ManyOptions, type ManyResult, many } from './many.ts';
import { type ReceivedForm, receive } from './pipeline/receive.ts';
import { type StorageEngine, type StorageRules, storageEngine, storageRules } from './pipeline/storage.ts';
import { type WaitOptions, waitUntilReady } from './pipeline/wait-until-ready.ts';
import { resolveRules, type UploadRules } from './rules.ts';
import type { Connection, Logger } from './service/connection.ts';
import { openHttp } from './service/http.ts';
import { restService } from './service/rest.ts';
import { retry } from './service/retry.ts';
import { type ImgwireClientLike, sdkService } from './service/sdk.ts';
import type { ListQuery, Page, UploadToken } from './service/service.ts';
import { type UploadInput, upload } from './upload.ts';
import { keyOfUrl, type UploadViaUrlInput, uploadViaUrl } from './upload-via-url.ts';
import { assertOptions, type Check, httpUrl, positive, text, withMethods } from './validate.ts';

/** How to reach Imgwire. */
export interface ImgwireOptions {
  /** A server key (`sk_…`). @default the environment's IMGWIRE_API_KEY */
  readonly apiKey?: string;
  /** @default the environment's IMGWIRE_API_BASE_URL, or https://api.imgwire.dev */
  readonly baseUrl?: string;
  /** An `ImgwireClient` of `@imgwire/node` to make the API calls with, instead of `apiKey` and `baseUrl`. */
  readonly client?: ImgwireClientLike;
  /** For a connection to stand, milliseconds. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** For one API call, from its start to the end of the answer, milliseconds. @default 15_000 */
  readonly requestTimeoutMs?: number;
  /** Longest time of a PUT without progress, milliseconds. @default 30_000 */
  readonly putIdleTimeoutMs?: number;
  /** Attempts of each call in all, the first included. @default 3 */
  readonly maxAttempts?: number;
  /** Told of retries and of records that could not be removed. pino fits, and `console`. @default none */
  readonly logger?: Logger;
}

/** A connection to Imgwire, and what can be done over it. Make one for a process, and share it. */
export interface Imgwire {
  /**
   * Receives a multipart form and stores its files at Imgwire while they arrive; what every adapter calls. All or
   * nothing: on any failure no image of the form is left.
   *
   * @throws ImgwireUploadError any code; the errors of `authorize` and `metadata` as they are
   */
  receive<Request extends IncomingMessage>(req: Request, rules?: UploadRules<Request>): Promise<ReceivedForm>;
  /** The same for one set of rules, which are checked once. @throws TypeError that names the wrong option */
  receiver<Request extends IncomingMessage>(
    rules?: UploadRules<Request>,
  ): (req: Request) => Promise<ReceivedForm>;
  /** A storage engine for an existing multer. @throws TypeError that names the wrong option */
  storage<Request>(rules?: StorageRules<Request>): StorageEngine;
  /**
   * Uploads bytes that the backend holds. On failure no record is left.
   *
   * @throws ImgwireUploadError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `LENGTH_MISMATCH`, `LENGTH_REQUIRED`,
   *   `SOURCE_FAILED`, and as `retrieve`; TypeError for what is no source
   */
  upload(input: UploadInput): Promise<ImgwireImage>;
  /**
   * Uploads many, a few at a time, and yields each outcome as it comes. With an `idempotencyKey` for each a run can be
   * stopped and begun again: what is stored is not stored twice.
   */
  uploadMany(
    items: Iterable<UploadInput> | AsyncIterable<UploadInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadInput, ImgwireImage>, void, void>;
  /** Lets Imgwire fetch an image from its URL. @throws as `retrieve` */
  uploadViaUrl(input: UploadViaUrlInput): Promise<ImgwireImage>;
  /** Imports many as `uploadMany` does. The idempotency key is made of the URL unless one is given. */
  uploadViaUrlMany(
    items: Iterable<UploadViaUrlInput> | AsyncIterable<UploadViaUrlInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadViaUrlInput, ImgwireImage>, void, void>;
  /** Waits until an image is READY. @throws ImgwireUploadError `QUARANTINED`, `NOT_READY`, and as `retrieve` */
  waitUntilReady(image: string | { readonly id: string }, options?: WaitOptions): Promise<ImgwireImage>;
  /** @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT` */
  retrieve(id: string, signal?: AbortSignal): Promise<ImgwireImage>;
  /** One page, newest or oldest first as the service likes. @throws as `retrieve` */
  list(query?: ListQuery, signal?: AbortSignal): Promise<Page<ImgwireImage>>;
  /** Deletes an image; one that is not there counts as deleted. @throws as `retrieve` */
  delete(id: string): Promise<void>;
  /** A token for one upload from a browser. @throws as `retrieve` */
  createUploadToken(signal?: AbortSignal): Promise<UploadToken>;
  /** Ends the connections; uploads in flight end first. */
  close(): Promise<void>;
}

const CALLS = ['create', 'retrieve', 'list', 'delete', 'uploadViaUrl', 'createUploadToken'];
const client: Check = (value) =>
  withMethods(...CALLS)((value as { images?: unknown } | null)?.images) &&
  'an ImgwireClient of @imgwire/node';
const logger: Check = (value) =>
  typeof value === 'object' && value !== null ? undefined : 'a logger object';

/** The checks of {@link ImgwireOptions}, for adapters that take rules and connection options in one object. */
export const IMGWIRE_CHECKS: Readonly<Record<keyof ImgwireOptions, Check>> = {
  apiKey: text,
  baseUrl: httpUrl,
  client,
  connectTimeoutMs: positive,
  requestTimeoutMs: positive,
  putIdleTimeoutMs: positive,
  maxAttempts: positive,
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
  const { service, http, retries } = connection;
  const repeat = <T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> =>
    retry(retries, signal, call);
  const busy = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    const settled = work.catch(() => undefined).finally(() => busy.delete(settled));
    busy.add(settled);
    return work;
  };
  const receiver = <Request extends IncomingMessage>(rules: UploadRules<Request> = {}) => {
    const resolved = resolveRules(rules);
    return (req: Request): Promise<ReceivedForm> => track(receive(connection, req, resolved));
  };
  return {
    receiver,
    receive: async (req, rules) => receiver(rules)(req),
    upload: (input) => track(upload(connection, input)),
    uploadMany: (items, options = {}) =>
      many(items, options, (item, signal) =>
        track(upload(connection, { ...item, signal: either(item.signal, signal) })),
      ),
    uploadViaUrl: (input) => uploadViaUrl(connection, input),
    uploadViaUrlMany: (items, options = {}) =>
      many(items, options, (item, signal) =>
        uploadViaUrl(connection, {
          idempotencyKey: keyOfUrl(item.url),
          ...item,
          signal: either(item.signal, signal),
        }),
      ),
    waitUntilReady: async (image, options) =>
      toImage(await waitUntilReady(connection, typeof image === 'string' ? image : image.id, options)),
    storage: (rules = {}) => storageEngine(connection, storageRules(rules), track),
    retrieve: async (id, signal) => toImage(await repeat(signal, () => service.retrieve(id, signal))),
    list: async (query = {}, signal) => {
      const page = await repeat(signal, () => service.list(query, signal));
      return { ...page, data: page.data.map(toImage) };
    },
    delete: (id) => repeat(undefined, () => service.delete(id)),
    createUploadToken: (signal) => repeat(signal, () => service.createUploadToken(signal)),
    close: async () => {
      // Uploads in flight end first; undoing them needs the connections, too.
      while (busy.size > 0) await Promise.all(busy);
      await http.close();
    },
  };
}

const either = (own: AbortSignal | undefined, run: AbortSignal): AbortSignal =>
  own ? AbortSignal.any([own, run]) : run;

function connect(options: ImgwireOptions): Connection {
  const { connectTimeoutMs = 10_000, requestTimeoutMs = 15_000, putIdleTimeoutMs = 30_000 } = options;
  const { maxAttempts = 3 } = options;
  const logger = unfailing(options.logger ?? {});
  const http = openHttp(connectTimeoutMs);
  return {
    http,
    service: options.client
      ? sdkService(options.client, requestTimeoutMs)
      : restService(http, { ...credentials(options), requestTimeoutMs }),
    putIdleTimeoutMs,
    logger,
    retries: {
      maxAttempts,
      onRetry: (err, attempt, waitMs) =>
        logger.warn({ err, attempt, waitMs }, 'A call to Imgwire is repeated'),
    },
  };
}

/** A logger that throws must not turn a retry into a failure, or hide one. */
function unfailing(logger: Logger): Required<Logger> {
  const safe =
    (level: keyof Logger) =>
    (context: object, message: string): void => {
      try {
        logger[level]?.(context, message);
      } catch {
        // There is nobody left to tell.
      }
    };
  return { debug: safe('debug'), warn: safe('warn'), error: safe('error') };
}

function credentials(options: ImgwireOptions): { apiKey: string; baseUrl: string } {
  // A key read from a file often ends in a newline.
  const apiKey = (options.apiKey ?? process.env['IMGWIRE_API_KEY'])?.trim();
  if (!apiKey) {
    throw new TypeError(
      'createImgwire(): no API key. Set IMGWIRE_API_KEY in the environment, or pass `apiKey`, or a `client` of @imgwire/node.',
    );
  }
  const baseUrl = options.baseUrl ?? process.env['IMGWIRE_API_BASE_URL'] ?? 'https://api.imgwire.dev';
  if (httpUrl(baseUrl))
    throw new TypeError('createImgwire(): IMGWIRE_API_BASE_URL must be an absolute http or https URL.');
  return { apiKey, baseUrl: baseUrl.replace(/\/+$/, '') };
}
