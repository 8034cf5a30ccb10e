import { type Call, param } from '../http/call.ts';
import { notFound } from '../http/errors.ts';
import { paged } from '../http/paging.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { ImageEntry } from '../image-record.ts';
import { wireImage } from '../service.ts';

/** Reading and deleting records. */
export const IMAGE_ROUTES: readonly Route[] = [
  { name: 'list', method: 'GET', path: '/api/v1/images/', access: 'server', handle: listImages },
  {
    name: 'bulk_delete',
    method: 'POST',
    path: '/api/v1/images/bulk_delete',
    access: 'server',
    body: { image_ids: { type: 'uuids', required: true, min: 1 } },
    handle: bulkDelete,
  },
  {
    name: 'retrieve',
    method: 'GET',
    path: '/api/v1/images/{image_id}',
    uuids: ['image_id'],
    access: 'server_or_client',
    handle: retrieveImage,
  },
  {
    name: 'delete',
    method: 'DELETE',
    path: '/api/v1/images/{image_id}',
    uuids: ['image_id'],
    access: 'server',
    handle: deleteImage,
  },
];

/** Newest first. The service does not document its order. */
function listImages(call: Call): HttpResponse {
  const newestFirst = call.service.state.images.values().reverse();
  return paged(call, newestFirst, (entry) => wireImage(call.service, entry));
}

function retrieveImage(call: Call): HttpResponse {
  return json(wireImage(call.service, findImage(call)));
}

async function deleteImage(call: Call): Promise<HttpResponse> {
  await removeEntry(call, findImage(call));
  return json({ status: 'deleted' });
}

/** Unknown ids are ignored: they are already gone. */
async function bulkDelete(call: Call): Promise<HttpResponse> {
  const { image_ids: ids } = call.body as { image_ids: string[] };
  const entries = ids.flatMap((id) => call.service.state.images.get(id.toLowerCase()) ?? []);
  await Promise.all(entries.map((entry) => removeEntry(call, entry)));
  return json({ status: 'deleted' });
}

function findImage(call: Call): ImageEntry {
  const entry = call.service.state.images.get(param(call, 'image_id').toLowerCase());
  if (!entry) throw notFound();
  return entry;
}

/** Deletes the record first: bytes without a record go at the next start, but a record without its bytes would be wrong. */
export async function removeEntry(call: Call, { record, stored }: ImageEntry): Promise<void> {
  const { images, bytes } = call.service.state;
  await images.delete(record.id);
  if (stored) await bytes.remove(stored);
}
