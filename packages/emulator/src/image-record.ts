import { randomUUID } from 'node:crypto';
import { type ImageMimeType, imageType, imageTypeOfExtension } from './image-types.ts';
import type { StoredBytes } from './store/byte-store.ts';

/** The state of a record: created, being read, deliverable, or no image that the service delivers. */
export type ImageStatus = 'PENDING' | 'PROCESSING' | 'READY' | 'QUARANTINE';

/**
 * An image record with the 22 fields of the API, each always present. Times are RFC 3339 in UTC, sizes are bytes and pixels. Written
 * out here, not imported from core: it is the service's contract, against which the tests run core.
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

/** What is stored of an image: its record, without `cdn_url` since the public address may change between runs. */
export interface ImageEntry {
  readonly record: Omit<EmulatorImage, 'cdn_url'>;
  /** The sequence number of its creation: two records can have the same millisecond. */
  readonly position: number;
  /** The type and length declared at create, which the PUT must match. */
  readonly declared: Declared;
  /** Where the bytes are, once stored. */
  readonly stored?: StoredBytes;
}

/** What the create call declared about the bytes. */
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

/** Makes a PENDING record. Width and height are 0 until the bytes are read: the schema has no null for them. */
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

/** A record must have a `mime_type`, a create call need not: then the extension decides, or else it is JPEG. */
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
