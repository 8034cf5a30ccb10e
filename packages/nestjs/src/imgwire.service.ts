import type { Bulk, Imgwire } from '@imgwire/core';
import { toHttpException } from './imgwire.exception.ts';

/** What of {@link Imgwire} the service offers; receiving forms is the interceptors' part, closing the module's. */
type Calls = Pick<
  Imgwire,
  | 'upload'
  | 'uploadMany'
  | 'uploadViaUrl'
  | 'uploadViaUrlMany'
  | 'waitUntilReady'
  | 'retrieve'
  | 'delete'
  | 'createDirectUpload'
  | 'createUploadToken'
  | keyof Bulk
>;

/**
 * Imgwire for providers and controllers. Every method does what its namesake of `Imgwire` does; where that rejects with
 * an `ImgwireUploadError`, this rejects with an {@link ImgwireHttpException} whose `cause` it is.
 *
 * @example constructor(private readonly imgwire: ImgwireService) {}
 */
export class ImgwireService implements Calls {
  readonly #imgwire: Calls;

  constructor(imgwire: Calls) {
    this.#imgwire = imgwire;
  }

  /** Uploads bytes that the backend holds: a Buffer, a Blob, a stream. */
  upload(...args: Parameters<Calls['upload']>): ReturnType<Calls['upload']> {
    return translated(this.#imgwire.upload(...args));
  }

  /** Uploads many, a few at a time, and yields each outcome as it comes. */
  uploadMany(...args: Parameters<Calls['uploadMany']>): ReturnType<Calls['uploadMany']> {
    return yielded(this.#imgwire.uploadMany(...args));
  }

  /** Lets Imgwire fetch an image from its URL. */
  uploadViaUrl(...args: Parameters<Calls['uploadViaUrl']>): ReturnType<Calls['uploadViaUrl']> {
    return translated(this.#imgwire.uploadViaUrl(...args));
  }

  /** Lets Imgwire fetch many, as {@link uploadMany}. */
  uploadViaUrlMany(...args: Parameters<Calls['uploadViaUrlMany']>): ReturnType<Calls['uploadViaUrlMany']> {
    return yielded(this.#imgwire.uploadViaUrlMany(...args));
  }

  /** Waits until an image is READY. Also fails as `QUARANTINED`, `NOT_READY` and `IMAGE_NOT_FOUND`. */
  waitUntilReady(...args: Parameters<Calls['waitUntilReady']>): ReturnType<Calls['waitUntilReady']> {
    return translated(this.#imgwire.waitUntilReady(...args));
  }

  /** Answers an image by its id. Also fails as `IMAGE_NOT_FOUND`. */
  retrieve(...args: Parameters<Calls['retrieve']>): ReturnType<Calls['retrieve']> {
    return translated(this.#imgwire.retrieve(...args));
  }

  /** Answers one page of images. */
  list(...args: Parameters<Calls['list']>): ReturnType<Calls['list']> {
    return translated(this.#imgwire.list(...args));
  }

  /** Deletes an image; one that is not there counts as deleted. */
  delete(...args: Parameters<Calls['delete']>): ReturnType<Calls['delete']> {
    return translated(this.#imgwire.delete(...args));
  }

  /** Answers every page from the first, or from `page`, on. */
  listPages(...args: Parameters<Calls['listPages']>): ReturnType<Calls['listPages']> {
    return yielded(this.#imgwire.listPages(...args));
  }

  /** Answers all images, one by one, while it asks for them page by page. */
  listAll(...args: Parameters<Calls['listAll']>): ReturnType<Calls['listAll']> {
    return yielded(this.#imgwire.listAll(...args));
  }

  /** Deletes images in one call. */
  bulkDelete(...args: Parameters<Calls['bulkDelete']>): ReturnType<Calls['bulkDelete']> {
    return translated(this.#imgwire.bulkDelete(...args));
  }

  /** Has the service put the originals of images into one file. */
  createBulkDownloadJob(
    ...args: Parameters<Calls['createBulkDownloadJob']>
  ): ReturnType<Calls['createBulkDownloadJob']> {
    return translated(this.#imgwire.createBulkDownloadJob(...args));
  }

  /** Answers where a download job stands. Also fails as `DOWNLOAD_NOT_FOUND`. */
  retrieveBulkDownloadJob(
    ...args: Parameters<Calls['retrieveBulkDownloadJob']>
  ): ReturnType<Calls['retrieveBulkDownloadJob']> {
    return translated(this.#imgwire.retrieveBulkDownloadJob(...args));
  }

  /** Waits until the file of a job is there. Also fails as `DOWNLOAD_FAILED`, `DOWNLOAD_NOT_READY` and `DOWNLOAD_NOT_FOUND`. */
  waitUntilDownloadReady(
    ...args: Parameters<Calls['waitUntilDownloadReady']>
  ): ReturnType<Calls['waitUntilDownloadReady']> {
    return translated(this.#imgwire.waitUntilDownloadReady(...args));
  }

  /** Answers a record and its presigned URL, for a client that PUTs the bytes itself. */
  createDirectUpload(
    ...args: Parameters<Calls['createDirectUpload']>
  ): ReturnType<Calls['createDirectUpload']> {
    return translated(this.#imgwire.createDirectUpload(...args));
  }

  /** Answers a token for one upload from a browser. */
  createUploadToken(...args: Parameters<Calls['createUploadToken']>): ReturnType<Calls['createUploadToken']> {
    return translated(this.#imgwire.createUploadToken(...args));
  }
}

const translated = <T>(call: Promise<T>): Promise<T> =>
  call.catch((error: unknown) => {
    throw toHttpException(error);
  });

/** Failures of single items of a run are in its outcomes, as they were. */
async function* yielded<T>(results: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  try {
    yield* results;
  } catch (error) {
    throw toHttpException(error);
  }
}
