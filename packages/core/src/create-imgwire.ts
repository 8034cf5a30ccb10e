import type { ServerResponse } from 'node:http';
import { type Bulk, bulk } from './calls/bulk.ts';
import { type CheckOptions, check, type ImgwireHealth } from './calls/check.ts';
import {
  createDirectUpload,
  type DirectUpload,
  type DirectUploadInput,
} from './calls/create-direct-upload.ts';
import { type ManyOptions, type ManyResult, many } from './calls/many.ts';
import { owningStream, type UploadInput, upload } from './calls/upload.ts';
import { idempotencyKeyForUrl, type UploadViaUrlInput, uploadViaUrl } from './calls/upload-via-url.ts';
import { type ImgwireUsage, usage } from './calls/usage.ts';
import type { Cancellation } from './cancellation.ts';
import { type ImgwireImage, toImage } from './image/image.ts';
import { credentials, IMGWIRE_CHECKS, type ImgwireOptions } from './imgwire-options.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { type Logger, withContext } from './logger.ts';
import { checkImageId } from './options/check-id.ts';
import { milliseconds } from './options/checks.ts';
import { assertObject, assertOptions } from './options/validate.ts';
import { type ReceivedForm, receive } from './receive/receive.ts';
import { resolveRules, resolveRulesOnce } from './rules/resolve-rules.ts';
import type { ResolvedRules, UploadRules } from './rules/rules.ts';
import { withEither } from './service/deadline.ts';
import { openHttp } from './service/http.ts';
import { restService } from './service/rest.ts';
import { retry } from './service/retry.ts';
import { sdkService } from './service/sdk.ts';
import type { UploadToken } from './service/service.ts';
import { openShutdown } from './service/shutdown.ts';
import { openCapacity } from './upload/capacity.ts';
import type { Context } from './upload/context.ts';
import { deleteRecord } from './upload/create.ts';
import { publish, startClock, warnOfRenamedChannels } from './upload/events.ts';
import {
  type StorageEngine,
  type StorageRules,
  storageEngine,
  storageRules,
} from './upload/multer-storage.ts';
import { openCopies } from './upload/replay/copies.ts';
import { forRequest, openReports } from './upload/reports.ts';
import type { WaitOptions } from './upload/wait-until-ready.ts';
import { assertWait, waitUntilReady } from './upload/wait-until-ready.ts';

/** How to close a connection. */
export interface CloseOptions {
  /** How long uploads in flight may take to finish; then they are aborted and undone. Milliseconds. @default `closeTimeoutMs` */
  readonly timeoutMs?: number | undefined;
}

/** A connection to Imgwire, and its calls. Create one per process, and share it. */
export interface Imgwire extends Bulk {
  /** The `logger` of its options. */
  readonly logger?: Logger | undefined;
  /**
   * Receives a multipart form and stores its files at Imgwire while they arrive; every adapter calls it. All or
   * nothing: on any failure no image of the form is left.
   *
   * Rules are resolved once for each object: to change them later has no effect. With `res`, a response sent before the form is complete aborts the upload (`RESPONSE_ENDED`), and `discardOnError` works.
   *
   * @throws ImgwireError any code; the errors of `authorize` and `metadata` unchanged
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
   * @throws ImgwireError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `LENGTH_MISMATCH`, `LENGTH_REQUIRED`,
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
  /**
   * Lets Imgwire fetch an image from its URL. What is there and is no image is `IMAGE_QUARANTINED`, and is deleted; with an `idempotencyKey`
   * of your own its record is left, since an earlier upload may have stored it: the error has its `imageId`.
   *
   * @throws ImgwireError `IMAGE_QUARANTINED`, `URL_FETCH_FAILED`, and as `list`
   */
  uploadViaUrl(input: UploadViaUrlInput): Promise<ImgwireImage>;
  /** Imports many, like `uploadMany`. The idempotency key is derived from the URL unless one is given. */
  uploadViaUrlMany(
    items: Iterable<UploadViaUrlInput> | AsyncIterable<UploadViaUrlInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadViaUrlInput, ImgwireImage>, void, void>;
  /** Waits until an image is READY. @throws ImgwireError `IMAGE_QUARANTINED`, `IMAGE_NOT_READY`, and as `retrieve` */
  waitUntilReady(image: string | { readonly id: string }, options?: WaitOptions): Promise<ImgwireImage>;
  /** @throws ImgwireError `IMAGE_NOT_FOUND`, and as `list`; TypeError for an id that is empty or not a string */
  retrieve(id: string, signal?: AbortSignal): Promise<ImgwireImage>;
  /** Deletes an image; a missing one counts as deleted, a malformed id does not. @throws as `retrieve` */
  delete(id: string): Promise<void>;
  /** Deletes an image whose request has failed. Never rejects: a failed delete is reported, see `onRollbackFailed`. */
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
  /** What uploads use at this moment, from counters: for the gauges of a monitoring system. */
  usage(): ImgwireUsage;
  /**
   * Checks the key, Imgwire's API, its object storage and the temporary folder: for a readiness probe, or a deployment. Never rejects, but
   * with a TypeError for a wrong option.
   */
  check(options?: CheckOptions): Promise<ImgwireHealth>;
  /**
   * Closes the connections. Uploads in flight finish first, or are aborted and undone after `timeoutMs`; new ones are
   * `SHUTTING_DOWN`. Call it beside `server.close()`, which waits for every client.
   */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Connects to Imgwire. Nothing is sent before the first call.
 *
 * @throws TypeError without a key and a client, and for an option that is unknown or wrong
 */
export function createImgwire(options: ImgwireOptions = {}): Imgwire {
  assertOptions('createImgwire()', options, IMGWIRE_CHECKS);
  warnOfRenamedChannels((message) => options.logger?.warn?.({}, message));
  const context = connect(options);
  const { service, http, retries, shutdown } = context;
  const repeat = <T>(own: AbortSignal | undefined, call: (signal: Cancellation) => Promise<T>): Promise<T> =>
    shutdown.runCall(own, (signal) => retry(retries, signal, () => call(signal)));
  const by =
    <Request extends IncomingRequest>(rules: ResolvedRules<Request>) =>
    (req: Request, res?: ServerResponse): Promise<ReceivedForm> =>
      receive(forRequest(context, req), req, rules, res);
  return {
    ...(options.logger && { logger: options.logger }),
    ...bulk(context),
    receiver: (rules = {}) => by(resolveRules(rules)),
    receive: async (req, rules = {}, res) => by(resolveRulesOnce(rules))(req, res),
    upload: (input) => owningStream(input?.file, () => shutdown.run(() => upload(context, input))),
    uploadMany: (items, options = {}) =>
      many('uploadMany()', items, options, (item, signal) =>
        owningStream(item?.file, () =>
          shutdown.run(async () => {
            assertObject('upload()', item, 'file');
            return withEither(item.signal, signal, (either) => upload(context, { ...item, signal: either }));
          }),
        ),
      ),
    uploadViaUrl: (input) => uploadViaUrl(context, input),
    uploadViaUrlMany: (items, options = {}) =>
      many('uploadViaUrlMany()', items, options, async (item, signal) => {
        assertObject('uploadViaUrl()', item, 'url');
        return withEither(item.signal, signal, (either) =>
          uploadViaUrl(context, { ...item, signal: either }, idempotencyKeyForUrl(item.url)),
        );
      }),
    waitUntilReady: async (image, options) => {
      const id = checkImageId('waitUntilReady()', typeof image === 'string' ? image : image?.id);
      assertWait('waitUntilReady()', options);
      const wait = (signal: Cancellation) => waitUntilReady(context, id, { ...options, signal });
      return toImage(await shutdown.runCall(options?.signal, wait));
    },
    storage: (rules = {}) => storageEngine(context, storageRules(rules)),
    retrieve: async (id, signal) =>
      toImage(await repeat(signal, (either) => service.retrieve(checkImageId('retrieve()', id), either))),
    discard: (id) => deleteRecord(context, id),
    delete: async (id) => {
      const durationMs = startClock();
      await repeat(undefined, () => service.delete(checkImageId('delete()', id)));
      publish('imgwire:image:deleted', () => ({ imageIds: [id], durationMs: durationMs() }));
    },
    createDirectUpload: (input) => shutdown.run(() => createDirectUpload(context, input)),
    createUploadToken: (signal) => repeat(signal, (either) => service.createUploadToken(either)),
    usage: () => usage(context),
    check: (options) => check(context, options),
    close: async (closing = {}) => {
      assertOptions('close()', closing, { timeoutMs: milliseconds(0) });
      const { timeoutMs = options.closeTimeoutMs ?? 30_000 } = closing;
      await shutdown.begin(timeoutMs);
      await http.close();
    },
  };
}

function connect(options: ImgwireOptions): Context {
  const { connectTimeoutMs = 10_000, requestTimeoutMs = 15_000, putIdleTimeoutMs = 30_000 } = options;
  const { dispatcher, logger } = options;
  if (dispatcher && options.connectTimeoutMs !== undefined) {
    throw new TypeError(
      'createImgwire(): option "connectTimeoutMs" belongs to the `dispatcher`, which makes the connections.',
    );
  }
  const http = openHttp(connectTimeoutMs, dispatcher);
  const reports = openReports(options, logger);
  const capacity = openCapacity({
    maxConcurrentUploads: options.maxConcurrentUploads ?? 256,
    maxBufferedBytes: options.maxBufferedBytes ?? 192 * 1024 * 1024,
    queueTimeoutMs: options.queueTimeoutMs ?? 10_000,
  });
  return {
    http,
    service: options.client
      ? sdkService(options.client, requestTimeoutMs)
      : restService(http, { ...credentials(options), requestTimeoutMs }),
    putIdleTimeoutMs,
    capacity,
    copies: openCopies(capacity, options.maxReplayBytes ?? 32 * 1024 * 1024, (err) => {
      if (logger) logger.warn?.({ err }, NO_COPIES);
      else console.warn(NO_COPIES, err);
    }),
    shutdown: openShutdown(reports.failed),
    seen: { storeOrigin: undefined },
    ...reports,
    reportsOf: logger && ((context) => openReports(options, withContext(logger, context))),
  };
}

const NO_COPIES =
  'The temporary folder cannot be written: large files are sent without a copy, so a PUT that fails is not repeated, and those of unknown length are refused';
