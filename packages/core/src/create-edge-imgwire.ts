import {
  createDirectUpload,
  type DirectUpload,
  type DirectUploadInput,
} from './calls/create-direct-upload.ts';
import type { Signal } from './cancellation.ts';
import { type ImgwireImage, toImage } from './image/image.ts';
import { credentials, IMGWIRE_CHECKS, type ImgwireOptions, withApiKey } from './imgwire-options.ts';
import type { Logger } from './logger.ts';
import { checkImageId } from './options/check-id.ts';
import { misplaced } from './options/checks.ts';
import type { Check } from './options/option-problem.ts';
import { assertOptions } from './options/validate.ts';
import { fetchHttp } from './service/fetch-http.ts';
import { restService } from './service/rest.ts';
import { retry } from './service/retry.ts';
import type { Service, UploadToken } from './service/service.ts';
import type { CreateContext } from './upload/context.ts';
import { deleteRecord } from './upload/create.ts';
import { openReports } from './upload/reports.ts';

/** How to reach Imgwire from the edge. Where there is no `process.env`, `apiKey` is required. */
export type EdgeImgwireOptions = Pick<
  ImgwireOptions,
  'apiKey' | 'baseUrl' | 'environmentId' | 'requestTimeoutMs' | 'maxAttempts' | 'onRollbackFailed' | 'logger'
>;

const { apiKey, baseUrl, environmentId, requestTimeoutMs, maxAttempts, onRollbackFailed, logger } =
  IMGWIRE_CHECKS;
const ofNode = misplaced('it is for uploads through a server of Node: leave it out at the edge');

/** The checks of {@link EdgeImgwireOptions}; the other options of an instance are rejected. */
export const EDGE_IMGWIRE_CHECKS: Readonly<Record<keyof ImgwireOptions, Check>> = {
  ...(Object.fromEntries(Object.keys(IMGWIRE_CHECKS).map((name) => [name, ofNode])) as typeof IMGWIRE_CHECKS),
  ...{ apiKey, baseUrl, environmentId, requestTimeoutMs, maxAttempts, onRollbackFailed, logger },
};

/** Imgwire at the edge: the calls that need nothing of Node. Uploads do not pass through it. */
export interface EdgeImgwire {
  /** The `logger` of its options. */
  readonly logger?: Logger | undefined;
  /**
   * Creates a record, and returns it with a presigned URL. A client PUTs the bytes there itself. Delete the record if they do not
   * arrive.
   */
  createDirectUpload(input: DirectUploadInput): Promise<DirectUpload>;
  /** Creates a token for one upload from a browser. */
  createUploadToken(signal?: AbortSignal): Promise<UploadToken>;
  /** Returns an image. @throws ImgwireError `IMAGE_NOT_FOUND` and the codes of the service */
  retrieve(id: string, signal?: AbortSignal): Promise<ImgwireImage>;
  /** Deletes an image. A missing one counts as deleted. @throws as `retrieve` */
  delete(id: string): Promise<void>;
  /** Deletes an image whose request has failed. Never rejects: see `onRollbackFailed` for a delete that fails. */
  discard(id: string): Promise<void>;
}

/**
 * Creates an instance for the edge, over `fetch`. It has the retries, deadlines and errors of one in Node. The key is read by the first
 * call, since builds of frameworks load routes where the environment has none.
 *
 * @throws TypeError for an option that is unknown or wrong. A missing key is the error of the first call
 */
export function createEdgeImgwire(options: EdgeImgwireOptions = {}): EdgeImgwire {
  assertOptions('createImgwire()', options, EDGE_IMGWIRE_CHECKS);
  const { retries, failed, reportRollbackFailure } = openReports(options, options.logger);
  // Nothing closes an instance here: work is only watched for its failure.
  const track = <T>(work: Promise<T>): Promise<T> => {
    work.catch(failed);
    return work;
  };
  let service: Service | undefined;
  const context: CreateContext = {
    ...{ retries, reportRollbackFailure, shutdown: { track } },
    get service() {
      const { requestTimeoutMs = 15_000, environmentId } = options;
      service ??= restService(fetchHttp, { ...credentials(options), requestTimeoutMs, environmentId });
      return service;
    },
  };
  const repeat = async <T>(signal: Signal | undefined, call: () => Promise<T>): Promise<T> => {
    signal?.throwIfAborted();
    return track(retry(retries, signal, call));
  };
  const instance: EdgeImgwire = {
    ...(options.logger && { logger: options.logger }),
    createDirectUpload: (input) => track(createDirectUpload(context, input)),
    createUploadToken: (signal) => repeat(signal, () => context.service.createUploadToken(signal)),
    retrieve: async (id, signal) =>
      toImage(await repeat(signal, () => context.service.retrieve(checkImageId('retrieve()', id), signal))),
    delete: (id) => repeat(undefined, () => context.service.delete(checkImageId('delete()', id))),
    discard: (id) => deleteRecord(context, id),
  };
  return withApiKey(instance, () => credentials(options).apiKey);
}
