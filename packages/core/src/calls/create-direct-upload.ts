import { randomUUID } from 'node:crypto';
import { definedOf } from '../base/defined-of.ts';
import { abortSignal, assertOptions, count, hexSha256, imageType } from '../base/validate.ts';
import { type ImgwireImage, toImage } from '../image/image.ts';
import { canonicalImageType } from '../inspect/inspect.ts';
import { METADATA_CHECKS, metadataBody } from '../rules/metadata.ts';
import type { UploadMetadata } from '../rules/rules.ts';
import type { Connection } from '../store/connection.ts';
import { create } from '../store/create.ts';

/** One upload whose bytes somebody else sends. */
export interface DirectUploadInput extends UploadMetadata {
  /** The name of the file at Imgwire. */
  readonly fileName: string;
  /** The type, with which the bytes then have to be sent; `image/jpg` and other aliases count. @default none is declared */
  readonly mimeType?: string | undefined;
  /** Length of the bytes, which they then have to have. @default none is declared */
  readonly contentLength?: number | undefined;
  /** SHA-256 of the bytes, 64 hexadecimal digits. It is recorded as it is said. @default none */
  readonly hashSha256?: string | undefined;
  /** Ends the call with its reason once the service has answered; the record is taken back. */
  readonly signal?: AbortSignal | undefined;
}

/** A record that waits for its bytes. */
export interface DirectUpload {
  readonly image: ImgwireImage;
  /** Where to PUT the bytes, with `image.mime_type` as the `Content-Type` where a type was declared. A secret until it expires. */
  readonly upload_url: string;
}

const CHECKS = {
  mimeType: imageType,
  contentLength: count,
  hashSha256: hexSha256,
  signal: abortSignal,
  ...METADATA_CHECKS,
};

/**
 * Creates the record of an upload for a client that PUTs the bytes itself. Repeated with one idempotency key, so that a lost
 * answer does not make a second record. From then on the record is the caller's: one whose bytes never come stays PENDING,
 * and counts, until it is deleted.
 *
 * @throws ImgwireUploadError `UPSTREAM_REJECTED`, `UPSTREAM_UNAVAILABLE`, `UPSTREAM_TIMEOUT`; the signal's reason; TypeError for
 *   a wrong option
 */
export async function createDirectUpload(
  connection: Connection,
  input: DirectUploadInput,
): Promise<DirectUpload> {
  // Without a name it would be refused by the service only.
  assertOptions(
    'createDirectUpload()',
    { ...input, fileName: (input as Partial<DirectUploadInput>).fileName ?? '' },
    CHECKS,
  );
  const { mimeType, contentLength, hashSha256, signal = new AbortController().signal, ...metadata } = input;
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
  const { image, uploadUrl, undo } = await create(connection, body, shared, signal).catch(
    (error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    },
  );
  if (!signal.aborted) return { image: toImage(image), upload_url: uploadUrl };
  await undo();
  throw signal.reason;
}
