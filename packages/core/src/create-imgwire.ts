import { account } from './calls/account.ts';
import { bulk } from './calls/bulk.ts';
import { check } from './calls/check.ts';
import { createDirectUpload } from './calls/create-direct-upload.ts';
import { many } from './calls/many.ts';
import { repeated } from './calls/repeated.ts';
import { owningStream, upload } from './calls/upload.ts';
import { idempotencyKeyForUrl, uploadViaUrl } from './calls/upload-via-url.ts';
import { usage } from './calls/usage.ts';
import type { Cancellation } from './cancellation.ts';
import { toImage } from './image/image.ts';
import type { Imgwire } from './imgwire.ts';
import { credentials, IMGWIRE_CHECKS, type ImgwireOptions, withApiKey } from './imgwire-options.ts';
import { warnOfDocsAddress, withContext } from './logger.ts';
import { checkImageId } from './options/check-id.ts';
import { milliseconds } from './options/checks.ts';
import { assertObject, assertOptions } from './options/validate.ts';
import { receivers } from './receive/receivers.ts';
import { withEither } from './service/deadline.ts';
import { openHttp } from './service/http.ts';
import { restService } from './service/rest.ts';
import { sdkService } from './service/sdk.ts';
import { openShutdown } from './service/shutdown.ts';
import { openCapacity } from './upload/capacity.ts';
import type { Context } from './upload/context.ts';
import { deleteRecord } from './upload/create.ts';
import { publish, startClock, warnOfRenamedChannels } from './upload/events.ts';
import { storageEngine, storageRules } from './upload/multer-storage.ts';
import { openCopies } from './upload/replay/copies.ts';
import { openReports } from './upload/reports.ts';
import { SharedRecords } from './upload/shared-records.ts';
import { assertWait, waitUntilReady } from './upload/wait-until-ready.ts';

/**
 * Creates an instance. Nothing is sent before the first call.
 *
 * @throws TypeError without a key and a client, and for an option that is unknown or wrong
 */
export function createImgwire(options: ImgwireOptions = {}): Imgwire {
  assertOptions('createImgwire()', options, IMGWIRE_CHECKS);
  warnOfDocsAddress(options.logger);
  warnOfRenamedChannels((message) => options.logger?.warn?.({}, message));
  const context = connect(options);
  const { service, http, shutdown } = context;
  const repeat = <T>(own: AbortSignal | undefined, call: (signal: Cancellation) => Promise<T>): Promise<T> =>
    repeated(context, own, call);
  const instance: Imgwire = {
    ...(options.logger && { logger: options.logger }),
    ...bulk(context),
    ...account(context),
    ...receivers(context),
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
    close: async (given = {}) => {
      assertOptions('close()', given, { timeoutMs: milliseconds(0) });
      const { timeoutMs = options.closeTimeoutMs ?? 30_000 } = given;
      await shutdown.begin(timeoutMs);
      await http.close();
    },
  };
  const apiKey = options.client ? undefined : credentials(options).apiKey;
  return withApiKey(instance, () => apiKey);
}

function connect(options: ImgwireOptions): Context {
  const { connectTimeoutMs = 10_000, requestTimeoutMs = 15_000, putIdleTimeoutMs = 30_000 } = options;
  const { dispatcher, logger } = options;
  if (dispatcher && options.connectTimeoutMs !== undefined) {
    throw new TypeError(
      'createImgwire(): option "connectTimeoutMs" belongs to the `dispatcher`, which opens the connections.',
    );
  }
  if (options.client && options.environmentId !== undefined) {
    throw new TypeError(
      'createImgwire(): option "environmentId" belongs to the `client`, which makes the calls: leave it out.',
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
      : restService(http, {
          ...credentials(options),
          requestTimeoutMs,
          environmentId: options.environmentId,
        }),
    putIdleTimeoutMs,
    capacity,
    copies: openCopies(capacity, options.maxReplayBytes ?? 32 * 1024 * 1024, (err) => {
      if (logger) logger.warn?.({ err }, NO_COPIES);
      else console.warn(NO_COPIES, err);
    }),
    sharedRecords: new SharedRecords(),
    shutdown: openShutdown(reports.failed),
    seen: { storageOrigin: undefined },
    ...reports,
    reportsOf: logger && ((context) => openReports(options, withContext(logger, context))),
  };
}

const NO_COPIES =
  'The temporary folder cannot be written. Large files are sent without a replay copy, so a failed PUT is not retried. Files of unknown length are rejected';
