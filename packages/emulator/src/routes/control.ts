import type { Fault, FaultReport } from '../faults.ts';
import { type Answer, json } from '../http/answer.ts';
import { type Call, param } from '../http/call.ts';
import { domainError, notFound, validationError } from '../http/errors.ts';
import type { Route } from '../http/route.ts';
import { PAGE_HTML } from '../page/page-html.ts';
import { PAGE_SCRIPT } from '../page/page-script.ts';
import { wireImage } from '../wire-image.ts';

const CONTROL = { name: 'emulator', access: 'public' } as const;

/**
 * The emulator's own routes: its page, and the controls for a test in another process or language. They need no
 * key.
 */
export const CONTROL_ROUTES: readonly Route[] = [
  { ...CONTROL, method: 'GET', path: '/', answer: () => page('text/html; charset=utf-8', PAGE_HTML) },
  {
    ...CONTROL,
    method: 'GET',
    path: '/_emulator/page.js',
    answer: () => page('text/javascript', PAGE_SCRIPT),
  },
  { ...CONTROL, method: 'GET', path: '/_emulator/state', answer: readState },
  { ...CONTROL, method: 'POST', path: '/_emulator/reset', answer: resetAll },
  { ...CONTROL, method: 'GET', path: '/_emulator/faults', answer: listFaults },
  { ...CONTROL, method: 'POST', path: '/_emulator/faults', body: {}, answer: addFault },
  { ...CONTROL, method: 'DELETE', path: '/_emulator/faults', answer: clearFaults },
  { ...CONTROL, method: 'DELETE', path: '/_emulator/faults/{fault_id}', answer: removeFault },
];

/**
 * Everything on the page is served from here. File names are inserted as text; this policy is defence in depth.
 */
const POLICY =
  "default-src 'self'; img-src 'self' blob: data:; style-src 'unsafe-inline'; frame-ancestors 'none'";

function page(type: string, body: string): Answer {
  return { status: 200, headers: { 'content-type': type, 'content-security-policy': POLICY }, body };
}

const SHOWN = 200;

function readState(call: Call): Answer {
  const { state, requests } = call.service;
  const newest = state.images.values().reverse().slice(0, SHOWN);
  return json({
    images: newest.map((entry) => ({
      ...wireImage(call.service, entry),
      sha256: entry.stored?.sha256 ?? null,
    })),
    total: state.images.size,
    requests: requests
      .slice(-SHOWN)
      .reverse()
      .map(({ error: _, ...request }) => request),
    faults: call.service.faults.list().map(wireFault),
  });
}

async function resetAll(call: Call): Promise<Answer> {
  checkJson(call);
  await call.service.reset(call.request.socket);
  return json({ status: 'ok' });
}

function listFaults(call: Call): Answer {
  return json(call.service.faults.list().map(wireFault));
}

function addFault(call: Call): Answer {
  checkJson(call);
  try {
    const { id } = call.service.faults.add(call.body as Fault);
    return json({ id });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw validationError([{ loc: ['body'], msg: error.message, type: 'value_error' }]);
  }
}

function clearFaults(call: Call): Answer {
  call.service.faults.clear();
  return json({ status: 'deleted' });
}

function removeFault(call: Call): Answer {
  if (!call.service.faults.remove(param(call, 'fault_id'))) throw notFound();
  return json({ status: 'deleted' });
}

function wireFault({ id, fault, seen, hits }: FaultReport): object {
  return { id, seen, hits, ...fault };
}

/**
 * A cross-origin page can post without a preflight, but not with this type (Fetch standard,
 * CORS-safelisted request headers).
 */
function checkJson(call: Call): void {
  if (/^application\/json\b/i.test(call.request.headers['content-type'] ?? '')) return;
  throw domainError(415, 'RequestError', 'Send this with `Content-Type: application/json`.');
}
