import { loadSharp } from '../deliver/sharp.ts';
import { type Call, param } from '../http/call.ts';
import { notFound } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import { deliver } from './cdn.ts';

const PAGE = { name: 'emulator', access: 'public', method: 'GET' } as const;

/**
 * The page, and what only the page asks for. Its previews have a path of their own: they are not in the log, and no
 * fault or metric of the delivery counts them.
 */
export const PAGE_ROUTES: readonly Route[] = [
  { ...PAGE, path: '/', handle: () => sendFile('index.html') },
  { ...PAGE, path: '/_emulator/page/{file}', handle: (call) => sendFile(param(call, 'file')) },
  { ...PAGE, path: '/_emulator/preview/{image}', handle: preview },
  { ...PAGE, path: '/_emulator/connection', handle: readConnection },
];

/**
 * Everything on the page is served from here. File names are inserted as text; this policy is defence in depth.
 */
const POLICY =
  "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function sendFile(name: string): Promise<HttpResponse> {
  // Only who looks at the page loads it: a test runner that turns this into CommonJS has no import.meta.
  const { readPageFile } = await import('../page-files.ts');
  const file = await readPageFile(name);
  if (!file) throw notFound();
  return {
    status: 200,
    // After an update of the package the page is the new one.
    headers: { 'content-type': file.type, 'content-security-policy': POLICY, 'cache-control': 'no-cache' },
    body: file.body,
  };
}

function preview(call: Call): Promise<HttpResponse> {
  const { organizationId, environmentId } = call.service.state.identity;
  const ids = { organization_id: organizationId, environment_id: environmentId };
  return deliver({ ...call, params: { ...call.params, ...ids } });
}

/** What a client needs to reach this emulator. */
async function readConnection(call: Call): Promise<HttpResponse> {
  const { state, options } = call.service;
  return json({
    base_url: call.service.baseUrl(),
    api_key: state.identity.apiKey,
    client_key: state.identity.clientKey,
    folder: options.dir ?? null,
    has_sharp: (await loadSharp()) !== undefined,
  });
}
