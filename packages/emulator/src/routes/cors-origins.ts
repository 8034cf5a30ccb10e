import { randomUUID } from 'node:crypto';
import { type Call, param } from '../http/call.ts';
import { notFound } from '../http/errors.ts';
import { paged } from '../http/paging.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { CorsOrigin } from '../store/records.ts';

const COLLECTION = { name: 'cors_origins', path: '/api/v1/cors_origins/', access: 'server' } as const;
const ITEM = {
  name: 'cors_origins',
  path: '/api/v1/cors_origins/{cors_origin_id}',
  access: 'server',
  uuids: ['cors_origin_id'],
} as const;
/** A host has 253 characters at most, and each is parsed for each request with an `Origin`. */
const FIELDS = { pattern: { type: 'string', required: true, min: 1, max: 300 } } as const;

/** The origins that browsers may call from; none means any. */
export const CORS_ORIGIN_ROUTES: readonly Route[] = [
  { ...COLLECTION, method: 'GET', handle: listOrigins },
  { ...COLLECTION, method: 'POST', body: FIELDS, handle: createOrigin },
  { ...ITEM, method: 'GET', handle: (call) => json(findOrigin(call)) },
  { ...ITEM, method: 'PATCH', body: FIELDS, handle: updateOrigin },
  { ...ITEM, method: 'DELETE', handle: deleteOrigin },
];

function listOrigins(call: Call): HttpResponse {
  return paged(call, call.service.state.corsOrigins.values(), (origin) => origin);
}

async function createOrigin(call: Call): Promise<HttpResponse> {
  const { identity, corsOrigins } = call.service.state;
  const now = new Date().toISOString();
  const origin: CorsOrigin = {
    id: randomUUID(),
    environment_id: identity.environmentId,
    pattern: patternOf(call),
    created_at: now,
    updated_at: now,
  };
  await corsOrigins.put(origin.id, origin);
  return json(origin);
}

async function updateOrigin(call: Call): Promise<HttpResponse> {
  const origin = { ...findOrigin(call), pattern: patternOf(call), updated_at: new Date().toISOString() };
  await call.service.state.corsOrigins.put(origin.id, origin);
  return json(origin);
}

async function deleteOrigin(call: Call): Promise<HttpResponse> {
  await call.service.state.corsOrigins.delete(findOrigin(call).id);
  return json({ status: 'deleted' });
}

function findOrigin(call: Call): CorsOrigin {
  const origin = call.service.state.corsOrigins.get(param(call, 'cors_origin_id').toLowerCase());
  if (!origin) throw notFound();
  return origin;
}

function patternOf(call: Call): string {
  return (call.body as { pattern: string }).pattern;
}
