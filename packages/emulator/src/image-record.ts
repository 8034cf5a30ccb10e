import { randomUUID } from 'node:crypto';
import { type ImageMimeType, imageType, imageTypeOfExtension } from './image-types.ts';
import type { StoredBytes } from './store/byte-store.ts';

/** Where a record stands: created, bytes being read, deliverable, or refused as an image. */
export type ImageStatus = 'PENDING' | 'PROCESSING' | 'READY' | 'QUARANTINE';

/**
 * An image record with the 22 fields of the wire; every key is always there. Times are RFC 3339 in UTC,
 * sizes in bytes and pixels.
 */
export interface EmulatorImage {
  readonly id: string;
  readonly environment_id: string | null;
  readonly upload_token_id: string | null;
  readonly original_filename: string;
  readonly hash_sha256: string | null;
  readonly status: ImageStatus;
  readonly cdn_url: string;
  readonly mime_type: ImageMimeType;
  readonly can_upload: boolean;
  readonly is_directly_deliverable: boolean;
  readonly extension: string;
  readonly width: number;
  readonly height: number;
  readonly size_bytes: number;
  readonly custom_metadata: Readonly<Record<string, string | number | boolean>>;
  readonly exif_data: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  readonly updated_at: string;
  readonly deleted_at: string | null;
  readonly processed_metadata_at: string | null;
  readonly idempotency_key: string | null;
  readonly purpose: string | null;
}

/**
 * What is kept of an image: the record without `cdn_url`, since the public address may change between runs,
 * and what only the service knows.
 */
export interface ImageEntry {
  readonly record: Omit<EmulatorImage, 'cdn_url'>;
  /** Place in the order of creation; two records can have the same millisecond. */
  readonly position: number;
  /** Type and length as declared at create: the PUT is held to them. */
  readonly declared: Declared;
  /** Where the bytes are, once there are any. */
  readonly stored?: StoredBytes;
}

/** What the create call declared about the bytes to come. */
export interface Declared {
  readonly contentType?: string;
  readonly contentLength?: number;
}

/** The body of a create call, after validation. */
export interface CreateBody {
  readonly file_name?: string | null;
  readonly mime_type?: ImageMimeType | null;
  readonly content_length?: number | null;
  readonly hash_sha256?: string | null;
  readonly idempotency_key?: string | null;
  readonly purpose?: string | null;
  readonly custom_metadata?: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A new PENDING record. Width and height are 0 until the bytes have been read: the schema has no null for
 * them.
 */
export function createEntry(
  body: CreateBody,
  context: { environmentId: string; uploadTokenId: string | null; position: number },
): ImageEntry {
  const fileName = body.file_name ?? 'upload';
  const now = new Date().toISOString();
  return {
    position: context.position,
    declared: declaredOf(body),
    record: {
      id: randomUUID(),
      environment_id: context.environmentId,
      upload_token_id: context.uploadTokenId,
      original_filename: fileName,
      hash_sha256: body.hash_sha256 ?? null,
      status: 'PENDING',
      can_upload: true,
      ...typeFields(fileName, body.mime_type ?? undefined),
      width: 0,
      height: 0,
      size_bytes: body.content_length ?? 0,
      custom_metadata: body.custom_metadata ?? {},
      exif_data: {},
      created_at: now,
      updated_at: now,
      deleted_at: null,
      processed_metadata_at: null,
      idempotency_key: body.idempotency_key ?? null,
      purpose: body.purpose ?? null,
    },
  };
}

function declaredOf(body: CreateBody): Declared {
  return {
    ...(body.mime_type ? { contentType: body.mime_type } : {}),
    ...(typeof body.content_length === 'number' ? { contentLength: body.content_length } : {}),
  };
}

/**
 * `mime_type` is required in the record and optional at create, so without one the file extension has to do,
 * and JPEG at the last.
 */
function typeFields(fileName: string, declared: ImageMimeType | undefined) {
  const extension = /\.([a-z0-9]{1,10})$/i.exec(fileName)?.[1]?.toLowerCase();
  const type = declared
    ? imageType(declared)
    : (imageTypeOfExtension(extension ?? '') ?? imageType('image/jpeg'));
  return {
    mime_type: type.mime,
    is_directly_deliverable: type.direct,
    extension: extension ?? type.extensions[0],
  };
}
