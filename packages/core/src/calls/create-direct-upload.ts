import { randomUUID } from 'node:crypto';
import { Cancellation } from '../cancellation.ts';
import { asExisting, type ImgwireImage, toImage } from '../image/image.ts';
import { canonicalImageType, type ImageTypeLike } from '../inspect/inspect.ts';
import { abortSignal, bytes, hexSha256, imageType } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import { assertInput } from '../options/validate.ts';
import { withRenamed } from '../options/with-renamed.ts';
import { METADATA_CHECKS, metadataBody } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import type { Context } from '../upload/context.ts';
import { create } from '../upload/create.ts';

/** One upload whose bytes a client sends itself. */
export interface DirectUploadInput extends UploadMetadata {
  /** The name of the file at Imgwire. */
  readonly fileName: string;
  /** The type, which the PUT must then declare; `image/jpg` and other aliases are accepted. @default none is declared */
  readonly mimeType?: ImageTypeLike | undefined;
  /** Length of the bytes, which the PUT must then have. @default none is declared */
  readonly contentLength?: number | undefined;
  /** SHA-256 of the bytes, 64 hexadecimal digits. It is recorded without verification. @default none */
  readonly hashSha256?: string | undefined;
  /** Aborts the call with its reason once the service has responded; the record is deleted. */
  readonly signal?: AbortSignal | undefined;
}

/** A record waiting for its bytes. */
export interface DirectUpload {
  /** With `existing`, nothing is to be sent: its bytes are stored. */
  readonly image: ImgwireImage;
  /** Where to PUT the bytes, with `image.mime_type` as the `Content-Type` if a type was declared. A secret until it expires. */
  readonly uploadUrl: string;
}

const CHECKS = {
  mimeType: imageType,
  contentLength: bytes(),
  hashSha256: hexSha256,
  signal: abortSignal,
  ...METADATA_CHECKS,
};

/**
 * Creates the record of an upload for a client that PUTs the bytes itself. Retries use one idempotency key, so that a lost
 * response does not create a second record. The caller then owns the record: if its bytes never arrive it stays PENDING,
 * and counts, until it is deleted.
 *
 * @throws ImgwireError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's reason; TypeError for
 *   a wrong option
 */
export async function createDirectUpload(context: Context, input: DirectUploadInput): Promise<DirectUpload> {
  assertInput('createDirectUpload()', input, 'fileName', CHECKS);
  const { mimeType, contentLength, hashSha256, signal = new Cancellation(), ...metadata } = input;
  const body = {
    idempotency_key: randomUUID(),
    ...metadataBody(metadata),
    ...definedOf({
      file_name: input.fileName,
      mime_type: mimeType === undefined ? undefined : canonicalImageType(mimeType),
      content_length: contentLength,
      hash_sha256: hashSha256?.toLowerCase(),
    }),
  };
  const shared = metadata.idempotencyKey !== undefined;
  const { image, uploadUrl, stored, rollback } = await create(context, body, shared, signal).catch(
    (error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    },
  );
  if (!signal.aborted) {
    const direct = { image: stored ? asExisting(toImage(image)) : toImage(image), uploadUrl };
    return withRenamed(direct, { upload_url: 'uploadUrl' });
  }
  await rollback();
  throw signal.reason;
}
