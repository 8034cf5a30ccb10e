import { Cancellation } from '../cancellation.ts';
import { asExisting, type ImgwireImage, toImage } from '../image/image.ts';
import { canonicalImageType, type ImageTypeLike } from '../inspect/inspect.ts';
import { abortSignal, bytes, hexSha256, imageType } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import { assertInput } from '../options/validate.ts';
import { withRenamed } from '../options/with-renamed.ts';
import { METADATA_CHECKS, metadataBody } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import type { CreateContext } from '../upload/context.ts';
import { create } from '../upload/create.ts';

/** One upload whose bytes a client PUTs itself. */
export interface DirectUploadInput extends UploadMetadata {
  /** The name of the file at Imgwire. */
  readonly fileName: string;
  /** The type that the PUT must declare, or an alias such as `image/jpg`. @default none is declared */
  readonly mimeType?: ImageTypeLike | undefined;
  /** The length that the PUT must have, in bytes. @default none is declared */
  readonly contentLength?: number | undefined;
  /** The SHA-256 of the bytes, 64 hexadecimal digits. It is recorded without verification. @default none */
  readonly hashSha256?: string | undefined;
  /** Aborts the call with its reason, once the service has responded. The record is deleted. */
  readonly signal?: AbortSignal | undefined;
}

/** A record, and where to PUT its bytes. */
export interface DirectUpload {
  /** The record. If it is `existing`, its bytes are stored: send nothing. */
  readonly image: ImgwireImage;
  /** Where to PUT the bytes; a secret until it expires. If you declared a type, send `image.mime_type` as `Content-Type`. */
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
 * Creates the record of an upload whose bytes a client PUTs itself. Retries use one idempotency key, so that a lost response does
 * not create a second record. If the bytes never arrive, the record stays PENDING, and counts, until the caller deletes it.
 *
 * @throws ImgwireError `UPSTREAM_REJECTED`, `ACCOUNT_LIMIT_REACHED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's
 *   reason; TypeError for a wrong option
 */
export async function createDirectUpload(
  context: CreateContext,
  input: DirectUploadInput,
): Promise<DirectUpload> {
  assertInput('createDirectUpload()', input, 'fileName', CHECKS);
  const { mimeType, contentLength, hashSha256, signal = new Cancellation(), ...metadata } = input;
  const body = {
    idempotency_key: crypto.randomUUID(),
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
