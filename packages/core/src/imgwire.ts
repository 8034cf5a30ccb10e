import type { Account } from './calls/account.ts';
import type { Bulk } from './calls/bulk.ts';
import type { CheckOptions, ImgwireHealth } from './calls/check.ts';
import type { DirectUpload, DirectUploadInput } from './calls/create-direct-upload.ts';
import type { ManyOptions, ManyResult } from './calls/many.ts';
import type { UploadInput } from './calls/upload.ts';
import type { UploadViaUrlInput } from './calls/upload-via-url.ts';
import type { ImgwireUsage } from './calls/usage.ts';
import type { ImgwireImage } from './image/image.ts';
import type { Logger } from './logger.ts';
import type { Receivers } from './receive/receivers.ts';
import type { UploadToken } from './service/service.ts';
import type { StorageEngine, StorageRules } from './upload/multer-storage.ts';
import type { WaitOptions } from './upload/wait-until-ready.ts';

/** How to close an instance. */
export interface CloseOptions {
  /**
   * How long uploads in flight may take to finish, in milliseconds. Then they are aborted and rolled back.
   * @default `closeTimeoutMs`
   */
  readonly timeoutMs?: number | undefined;
}

/** Imgwire, as `createImgwire()` returns it. Create one instance per process, and share it. */
export interface Imgwire extends Bulk, Account, Receivers {
  /** The `logger` of its options. */
  readonly logger?: Logger | undefined;
  /** Makes a storage engine for a multer of your own. @throws TypeError that names the wrong option */
  storage<Request>(rules?: StorageRules<Request>): StorageEngine;
  /**
   * Uploads bytes that your backend holds. On failure no record is left.
   *
   * @throws ImgwireError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `PIXELS_UNKNOWN`, `LIMIT_FILE_SIZE`,
   *   `LENGTH_MISMATCH`, `LENGTH_REQUIRED`, `SOURCE_FAILED`, `IMAGE_QUARANTINED` and `IMAGE_NOT_READY` with
   *   `waitUntilReady`, and as `list`; TypeError for an unsupported source
   */
  upload(input: UploadInput): Promise<ImgwireImage>;
  /**
   * Uploads many, a few at a time, and yields each outcome as it settles. If each item has an `idempotencyKey`, you can interrupt
   * a run and restart it: nothing is stored twice.
   */
  uploadMany(
    items: Iterable<UploadInput> | AsyncIterable<UploadInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadInput, ImgwireImage>, void, void>;
  /**
   * Has Imgwire fetch an image from its URL. If what is there is no image, the error is `IMAGE_QUARANTINED`, and its record is
   * deleted. With an `idempotencyKey` of your own the record is left, since an earlier upload may have stored it: the error has
   * its `imageId`.
   *
   * @throws ImgwireError `IMAGE_QUARANTINED`, `URL_FETCH_FAILED`, and as `list`
   */
  uploadViaUrl(input: UploadViaUrlInput): Promise<ImgwireImage>;
  /** Uploads many via URL, like `uploadMany`. Without an `idempotencyKey` the key is derived from the URL. */
  uploadViaUrlMany(
    items: Iterable<UploadViaUrlInput> | AsyncIterable<UploadViaUrlInput>,
    options?: ManyOptions,
  ): AsyncGenerator<ManyResult<UploadViaUrlInput, ImgwireImage>, void, void>;
  /** Waits until an image is READY. @throws ImgwireError `IMAGE_QUARANTINED`, `IMAGE_NOT_READY`, and as `retrieve` */
  waitUntilReady(image: string | { readonly id: string }, options?: WaitOptions): Promise<ImgwireImage>;
  /**
   * Returns an image.
   *
   * @throws ImgwireError `IMAGE_NOT_FOUND`, and as `list`; TypeError for an id that is empty or not a string
   */
  retrieve(id: string, signal?: AbortSignal): Promise<ImgwireImage>;
  /** Deletes an image. A missing one counts as deleted, a malformed id does not. @throws as `retrieve` */
  delete(id: string): Promise<void>;
  /** Deletes an image whose request has failed. Never rejects: see `onRollbackFailed` for a delete that fails. */
  discard(id: string): Promise<void>;
  /**
   * Creates a record, and returns it with a presigned URL. A client PUTs the bytes there itself: see {@link DirectUpload}.
   * Delete the record if the bytes do not arrive: until then it is PENDING, and counts.
   *
   * @throws as `list`
   */
  createDirectUpload(input: DirectUploadInput): Promise<DirectUpload>;
  /** Creates a token for one upload from a browser. @throws as `list` */
  createUploadToken(signal?: AbortSignal): Promise<UploadToken>;
  /** Says what uploads use at this moment, for the gauges of a monitoring system. It only reads counters. */
  usage(): ImgwireUsage;
  /**
   * Checks the key, Imgwire's API, its object storage and the temporary folder. Use it in a readiness probe, or for a deployment.
   * Never rejects, but with a TypeError for a wrong option.
   */
  check(options?: CheckOptions): Promise<ImgwireHealth>;
  /**
   * Closes the instance. Uploads in flight finish first, or are aborted and rolled back after `timeoutMs`; new ones fail with
   * `SHUTTING_DOWN`. Call it beside `server.close()`, which waits for every client.
   */
  close(options?: CloseOptions): Promise<void>;
}
