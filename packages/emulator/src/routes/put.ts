import { type Call, param } from '../http/call.ts';
import { HttpError, storageError } from '../http/errors.ts';
import { receiveBody } from '../http/receive-body.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { Declared, ImageEntry } from '../image-record.ts';
import type { Patch } from '../lifecycle.ts';
import { expiredUpload, verifyUpload } from '../presigned-url.ts';
import type { StoredBytes } from '../store/byte-store.ts';

/** The PUT of the bytes. It behaves like object storage: no API key, XML errors, exact lengths. */
export const PUT_ROUTES: readonly Route[] = [
  {
    name: 'put',
    method: 'PUT',
    path: '/uploads/{image_id}',
    access: 'public',
    streams: true,
    handle: putBytes,
  },
];

async function putBytes(call: Call): Promise<HttpResponse> {
  const { state, lifecycle } = call.service;
  const id = param(call, 'image_id');
  const declared = verifyUpload(id, call.query, state.identity.signingSecret, Date.now());
  if (call.fault?.expired) throw expiredUpload();
  checkHeaders(call, declared);
  const before = findEntry(call, id);
  if (before.stored && call.service.options.repeatedPut === 'reject') throw alreadyStored();
  const { discard, ...stored } = await state.bytes.receive(id, receiveBody(call));
  try {
    const examined = await lifecycle.examine(stored);
    // Nothing is awaited from here until the row is in the table: no delete and no other PUT can run in between.
    const entry = findEntry(call, id);
    if (isRepeat(call, entry, stored)) await Promise.all([discard(), settle(call, entry)]);
    else await keep(call, entry, stored, examined);
  } catch (error) {
    if (error instanceof HttpError) await discard();
    throw error;
  }
  return { status: 200, headers: { etag: `"${stored.sha256}"` }, body: '' };
}

async function keep(call: Call, entry: ImageEntry, stored: StoredBytes, examined: Patch): Promise<void> {
  const { state, lifecycle } = call.service;
  await lifecycle.arrive(entry, stored, examined);
  if (entry.stored) await state.bytes.remove(entry.stored);
}

/** The first PUT may not be durable yet. Writing the row again makes this response wait for it. */
function settle(call: Call, entry: ImageEntry): Promise<void> {
  return call.service.state.images.put(entry.record.id, entry);
}

/** Type and length must be exactly those in the signature. */
function checkHeaders(call: Call, declared: Declared): void {
  const { 'content-length': length, 'content-type': type } = call.request.headers;
  // No length means a chunked body here, which such stores reject (RFC 9110, 15.5.12).
  if (length === undefined) {
    throw storageError(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (declared.contentType !== undefined && declared.contentType !== type) {
    throw storageError(
      403,
      'SignatureDoesNotMatch',
      'Content-Type is not the one that the URL was signed for.',
    );
  }
  if (declared.contentLength !== undefined && declared.contentLength !== Number(length)) {
    throw storageError(400, 'IncorrectLength', 'Content-Length is not the one that the URL was signed for.');
  }
}

function findEntry(call: Call, id: string): ImageEntry {
  const entry = call.service.state.images.get(id);
  if (!entry) throw storageError(404, 'NoSuchKey', 'The image of this URL does not exist any more.');
  return entry;
}

/**
 * Whether these bytes are already stored: clients retry when a response is lost.
 * @throws HttpError 409 if other bytes are, and must stay
 */
function isRepeat(call: Call, { stored: before }: ImageEntry, stored: StoredBytes): boolean {
  const { repeatedPut } = call.service.options;
  if (!before || repeatedPut === 'overwrite') return false;
  if (repeatedPut === 'same-bytes' && before.sha256 === stored.sha256) return true;
  throw alreadyStored();
}

function alreadyStored(): Error {
  return storageError(409, 'ObjectAlreadyExists', 'Other bytes are stored for this image already.');
}
