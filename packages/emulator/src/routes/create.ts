import type { Call } from '../http/call.ts';
import { domainError } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import { type CreateBody, createEntry, type Declared, type ImageEntry } from '../image-record.ts';
import { IMAGE_MIME_TYPES } from '../image-types.ts';
import type { ResolvedOptions } from '../options.ts';
import { presignUpload } from '../presigned-url.ts';
import { wireImage } from '../service.ts';
import type { UploadToken } from '../store/records.ts';
import type { Fields } from '../validate.ts';
import { badToken, findToken, spendToken } from './token.ts';

/** What create and upload via URL have in common. */
export const METADATA_FIELDS: Fields = {
  mime_type: { type: 'enum', values: IMAGE_MIME_TYPES, nullable: true },
  idempotency_key: { type: 'string', min: 1, max: 255, nullable: true },
  purpose: { type: 'string', min: 1, max: 255, nullable: true },
  custom_metadata: { type: 'scalars' },
};

const CREATE_FIELDS: Fields = {
  file_name: { type: 'string', required: true, min: 1 },
  content_length: { type: 'integer', min: 0, nullable: true },
  hash_sha256: { type: 'string', min: 1, max: 255, nullable: true },
  ...METADATA_FIELDS,
};

/** The first step of an upload: a record, and a presigned URL for its bytes. */
export const CREATE_ROUTES: readonly Route[] = [
  {
    name: 'create',
    method: 'POST',
    path: '/api/v1/images/standard_upload',
    access: 'server_or_client',
    body: CREATE_FIELDS,
    handle: createUpload,
  },
];

async function createUpload(call: Call): Promise<HttpResponse> {
  const body = call.body as CreateBody;
  const token = findToken(call);
  if (call.key === 'client') checkKeyLimits(call, body, token);
  const entry = findByKey(call, body);
  // A retry repeats its token too; for the record that it created, the token does not count as used twice.
  if (token?.used_at && entry?.record.upload_token_id !== token.id) throw badToken('has been used');
  return uploadResponse(call, entry ?? (await addEntry(call, body, token)));
}

/**
 * The existing record of this `idempotency_key`, if the emulator is set to replay.
 * @throws HttpError 409 if it is set to conflict
 */
export function findByKey(call: Call, body: CreateBody): ImageEntry | undefined {
  const { idempotency } = call.service.options;
  if (!body.idempotency_key || idempotency === 'ignore') return undefined;
  const known = call.service.state.images.byAlias(body.idempotency_key);
  if (known && idempotency === 'conflict') {
    throw domainError(409, 'ResourceConflictError', 'An image with this idempotency key exists already.');
  }
  return known;
}

/**
 * Adds a PENDING record. It is in the table before anything is awaited, so that of two equal creates only one
 * is the first.
 */
export async function addEntry(call: Call, body: CreateBody, token?: UploadToken): Promise<ImageEntry> {
  const { state } = call.service;
  checkPendingCap(call);
  const entry = createEntry(body, {
    environmentId: state.identity.environmentId,
    uploadTokenId: token?.id ?? null,
    position: state.nextPosition(),
  });
  call.log.imageId = entry.record.id;
  const spent = token ? spendToken(call, token) : undefined;
  await Promise.all([state.images.put(entry.record.id, entry), spent]);
  return entry;
}

function uploadResponse(call: Call, entry: ImageEntry): HttpResponse {
  const { state, options, baseUrl } = call.service;
  call.log.imageId = entry.record.id;
  const upload = { imageId: entry.record.id, declared: heldTo(options.presigned, entry.declared) };
  const path = presignUpload(upload, state.identity.signingSecret, Date.now() + options.uploadUrlTtlMs);
  return json({ image: wireImage(call.service, entry), upload_url: `${baseUrl()}${path}` });
}

/** What a presigned URL holds its PUT to. */
function heldTo(presigned: ResolvedOptions['presigned'], declared: Declared): Declared {
  if (presigned === 'strict') return declared;
  const { contentType } = declared;
  return presigned === 'type' && contentType !== undefined ? { contentType } : {};
}

/**
 * Limits of the client key. They apply to the declared values: the service enforces them in the create call.
 */
function checkKeyLimits(call: Call, body: CreateBody, token: UploadToken | undefined): void {
  const { allowUnsignedUpload, maximumUploadBytes, allowedMimeTypes } = call.service.options;
  if (!token && !allowUnsignedUpload) throw badToken('is required with this key');
  if ((body.content_length ?? 0) > maximumUploadBytes) {
    throw notAllowed(`This key may upload ${maximumUploadBytes} bytes at most.`);
  }
  if (allowedMimeTypes && !(body.mime_type && allowedMimeTypes.includes(body.mime_type))) {
    throw notAllowed(`This key may upload ${allowedMimeTypes.join(', ')} only.`);
  }
}

/** Records whose bytes never arrived count towards the cap, so clients have to delete them. */
function checkPendingCap(call: Call): void {
  const cap = call.service.options.maximumPendingUploads;
  if (cap === undefined) return;
  const pending = call.service.state.images.values().filter(({ record }) => record.status === 'PENDING');
  if (pending.length < cap) return;
  throw domainError(402, 'PaymentRequiredError', `This key may have ${cap} pending uploads at most.`);
}

function notAllowed(detail: string): Error {
  return domainError(403, 'OperationNotAllowedError', detail);
}
