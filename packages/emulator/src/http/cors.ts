import type { OutgoingHttpHeaders } from 'node:http';
import { urlOf } from '@imgwire/core/adapter';
import type { Call } from './call.ts';
import type { HttpResponse } from './response.ts';

/**
 * Headers that let a browser read a response, errors included: without them a browser SDK sees only a network
 * failure. On the API an origin that matches no configured pattern gets none; uploads and delivery are open to all.
 */
export function corsHeaders(call: Call): OutgoingHttpHeaders {
  const { origin } = call.request.headers;
  // Other sites must not access the emulator's faults and page.
  if (origin === undefined || isOwn(call.url.pathname)) return {};
  const patterns = call.service.state.corsOrigins.values().map(({ pattern }) => pattern.trim());
  const isApi = call.url.pathname.startsWith('/api/');
  const isAllowed =
    !isApi || patterns.length === 0 || patterns.some((pattern) => matchesPattern(origin, pattern));
  return isAllowed ? { 'access-control-allow-origin': origin, vary: 'Origin' } : { vary: 'Origin' };
}

function isOwn(path: string): boolean {
  return path === '/' || path.startsWith('/_emulator/');
}

/**
 * A pattern is a host, with a port unless it is the default. `*.` in front matches any subdomain, `*` alone any host. A scheme is not
 * documented. A pattern that has one matches origins of this scheme only.
 */
function matchesPattern(origin: string, pattern: string): boolean {
  const url = urlOf(origin);
  if (!url) return false;
  const { protocol, host } = url;
  const full = pattern.includes('://') ? pattern : `${protocol}//${pattern}`;
  const wanted = urlOf(full);
  if (!wanted) return false;
  const suffix = /^\*(\..+)?$/.exec(wanted.host);
  return wanted.protocol === protocol && (suffix ? host.endsWith(suffix[1] ?? '') : host === wanted.host);
}

/** The response to a preflight: it needs no key, and allows the requested headers on API and upload URLs alike. */
export function preflightResponse(call: Call): HttpResponse {
  const { headers } = call.request;
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      'access-control-allow-headers':
        headers['access-control-request-headers'] ?? 'authorization, content-type',
      'access-control-max-age': '600',
    },
  };
}
