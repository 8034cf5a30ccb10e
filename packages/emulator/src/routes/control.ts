import type { Fault } from '../faults.ts';
import { type Call, param } from '../http/call.ts';
import { domainError, notFound, validationError } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import { readState, wireFault } from './state.ts';

const CONTROL = { name: 'emulator', access: 'public' } as const;

/** The controls for a test in another process or language. They need no key. */
export const CONTROL_ROUTES: readonly Route[] = [
  { ...CONTROL, method: 'GET', path: '/_emulator/state', handle: readState },
  { ...CONTROL, method: 'POST', path: '/_emulator/reset', handle: resetAll },
  { ...CONTROL, method: 'GET', path: '/_emulator/faults', handle: listFaults },
  { ...CONTROL, method: 'POST', path: '/_emulator/faults', body: {}, handle: addFault },
  { ...CONTROL, method: 'DELETE', path: '/_emulator/faults', handle: clearFaults },
  { ...CONTROL, method: 'DELETE', path: '/_emulator/faults/{fault_id}', handle: removeFault },
];

async function resetAll(call: Call): Promise<HttpResponse> {
  checkJson(call);
  await call.service.reset(call.request.socket);
  return json({ status: 'ok' });
}

function listFaults(call: Call): HttpResponse {
  return json(call.service.faults.list().map(wireFault));
}

function addFault(call: Call): HttpResponse {
  checkJson(call);
  try {
    const { id } = call.service.faults.add(call.body as Fault);
    return json({ id });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw validationError([{ loc: ['body'], msg: error.message, type: 'value_error' }]);
  }
}

function clearFaults(call: Call): HttpResponse {
  call.service.faults.clear();
  return json({ status: 'deleted' });
}

function removeFault(call: Call): HttpResponse {
  if (!call.service.faults.remove(param(call, 'fault_id'))) throw notFound();
  return json({ status: 'deleted' });
}

/**
 * A cross-origin page can post without a preflight, but not with this type (Fetch standard,
 * CORS-safelisted request headers).
 */
function checkJson(call: Call): void {
  if (/^application\/json\b/i.test(call.request.headers['content-type'] ?? '')) return;
  throw domainError(415, 'RequestError', 'Send this with `Content-Type: application/json`.');
}
