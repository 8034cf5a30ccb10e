import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { type EmulatorRequest, redactHeaders } from '../request-log.ts';
import type { Service } from '../service.ts';
import { isUuid, validate } from '../validate.ts';
import { authorize, checkHost } from './access.ts';
import { type Call, pause, untilClosed } from './call.ts';
import { corsHeaders, preflightResponse } from './cors.ts';
import { domainError, faultError, HttpError, validationError } from './errors.ts';
import { readJsonBody } from './json-body.ts';
import { drainBody } from './receive-body.ts';
import { discardBody, type HttpResponse, sendResponse } from './response.ts';
import { type Match, parseTarget, type Route, type Router } from './router.ts';

/**
 * Handles a request: log, fault, key, validation, route, response. Never rejects.
 */
export async function handleRequest(
  service: Service,
  router: Router,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = parseTarget(request.url ?? '/');
  const match = router.find(request.method ?? '', url.pathname);
  const log = openLog(request, url.pathname, match);
  followEnd(service, log, response);
  record(service, log, request);
  const call: Call = {
    ...{ service, request, response, log, url, query: url.searchParams },
    ...{ params: match?.params ?? {}, fault: service.faults.take(log), key: undefined, body: undefined },
  };
  try {
    const result = await respond(call, () => run(call, router, match));
    log.status = result.status;
    if (result.status >= 400 && typeof result.body === 'string') {
      log.errorBody = result.body.slice(0, MOST_SHOWN);
      service.requestLog.grow(log, log.errorBody.length);
    }
    await sendResponse(response, { ...result, headers: { ...headersOf(call), ...result.headers } });
    if (call.fault?.closeIdle) request.socket.destroy();
  } catch {
    // Only a closed connection, or an interrupted response, ends here; there is no one left to respond to.
    response.destroy();
  }
}

/** The longest text of a response that is logged. */
const MOST_SHOWN = 4096;

/** Types are as declared: a browser that guesses would run what is delivered as an image. */
function headersOf(call: Call): OutgoingHttpHeaders {
  return { 'x-content-type-options': 'nosniff', ...corsHeaders(call) };
}

function openLog(request: IncomingMessage, path: string, match: Match | undefined): EmulatorRequest {
  const method = request.method ?? '';
  const imageId = match?.params['image_id'] ?? match?.params['image']?.split('@')[0];
  return {
    id: randomUUID(),
    route: match?.route.name ?? (method === 'OPTIONS' ? 'preflight' : 'unknown'),
    method,
    path,
    headers: redactHeaders(request.headers),
    bytesReceived: 0,
    ...(imageId ? { imageId } : {}),
    state: 'open',
    startedAt: new Date(),
  };
}

/** Requests about the emulator itself, such as those of its page, are not logged. */
function record({ requestLog, changes }: Service, log: EmulatorRequest, request: IncomingMessage): void {
  if (log.route === 'emulator') return;
  const texts = [request.url ?? '', ...request.rawHeaders];
  requestLog.add(
    log,
    texts.reduce((total, text) => total + text.length, 0),
  );
  changes.notify();
}

function followEnd(service: Service, log: EmulatorRequest, response: ServerResponse): void {
  // The body is drained after an early response: without reading, the end of a connection is not noticed.
  response.once('finish', () => response.req.resume());
  response.once('close', () => {
    log.state = response.writableFinished ? 'finished' : 'aborted';
    log.endedAt = new Date();
    service.changes.notify();
  });
}

/** The real response, or that of a fault. Throws only if there is no one left to respond to. */
async function respond(call: Call, real: () => Promise<HttpResponse>): Promise<HttpResponse> {
  const { fault, request, log } = call;
  try {
    if (fault?.delayMs) await pause(call, fault.delayMs);
    if (fault?.hang) {
      await drainBody(call);
      await untilClosed(call);
    }
    if (fault?.status !== undefined && fault.respondAfterBytes === undefined && !fault.afterProcessing) {
      await readForTheLog(call);
      throw faultError(fault);
    }
    const response = await real();
    if (!fault?.afterProcessing) return response;
    discardBody(response);
    return await loseResponse(call);
  } catch (error) {
    if (error instanceof HttpError) return error.response;
    if (request.socket.destroyed) throw error;
    // On an internal error the client gets the service's error shape and no stack; the log has the cause.
    log.error = error;
    return domainError(500, 'InternalError', 'The emulator failed to answer this request.').response;
  }
}

/** The log has the body of a call with a fault too. */
async function readForTheLog(call: Call): Promise<void> {
  if (!/json/i.test(call.request.headers['content-type'] ?? '')) return drainBody(call);
  const body = await readJsonBody(call).catch((error: unknown) => {
    if (!(error instanceof HttpError)) throw error;
  });
  logBody(call, body);
}

/** Parsed JSON takes several times its text. */
function logBody({ log, service }: Call, body: unknown): void {
  log.body = body;
  service.requestLog.grow(log, 8 * log.bytesReceived);
}

async function loseResponse(call: Call): Promise<HttpResponse> {
  if (call.fault?.status !== undefined) return faultError(call.fault).response;
  call.request.socket.resetAndDestroy();
  return untilClosed(call);
}

async function run(call: Call, router: Router, match: Match | undefined): Promise<HttpResponse> {
  if (match) return runRoute(call, match.route);
  await drainBody(call);
  const { method = '' } = call.request;
  if (method === 'OPTIONS') return preflightResponse(call);
  throw router.reject(method, call.url, call.service.baseUrl());
}

/** Key first, then the path, then the body: an unauthorized client learns nothing about what exists. */
async function runRoute(call: Call, route: Route): Promise<HttpResponse> {
  if (route.name === 'emulator') checkHost(call.request.headers.host, call.service.options);
  call.key = authorize(call, route.access);
  checkIds(call, route);
  if (route.body) {
    call.body = await readJsonBody(call);
    logBody(call, call.body);
    validate(call.body, route.body, 'body');
  } else if (!route.streams) await drainBody(call);
  return route.handle(call);
}

/** Ids in the path and the optional environment header are UUIDs or a 422. */
function checkIds(call: Call, route: Route): void {
  const environment = call.request.headers['x-environment-id'];
  const ids = (route.uuids ?? []).map((name) => ({ loc: ['path', name], id: call.params[name] }));
  if (environment !== undefined && route.access !== 'public') {
    ids.push({ loc: ['header', 'X-Environment-Id'], id: String(environment) });
  }
  const bad = ids.filter(({ id }) => !isUuid(id));
  if (bad.length === 0) return;
  throw validationError(
    bad.map(({ loc }) => ({ loc, msg: 'Input should be a valid UUID', type: 'uuid_parsing' })),
  );
}
