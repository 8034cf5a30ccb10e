import type { IncomingHttpHeaders } from 'node:http';
import type { RouteName } from './route-names.ts';

/**
 * One request as the emulator received it. The object is live: it is updated while bytes arrive and when the
 * response is sent.
 */
export interface EmulatorRequest {
  readonly id: string;
  route: RouteName;
  method: string;
  /** Path without its query, which can contain a signature or a token. */
  path: string;
  /** Absent until the response has started. */
  status?: number;
  /** As received, names in lower case; credentials are replaced by `[redacted]`. */
  headers: IncomingHttpHeaders;
  /** Bytes of the body that the emulator has read so far. */
  bytesReceived: number;
  /** The parsed JSON of an API call. */
  body?: unknown;
  /** The body of a response with status 400 or more, which says why. */
  problem?: string;
  /** The image of the request, as soon as it is known. */
  imageId?: string;
  /** `aborted`: the connection closed before the response was sent. */
  state: 'open' | 'answered' | 'aborted';
  startedAt: Date;
  endedAt?: Date;
  /** The internal error behind a 500. */
  error?: unknown;
}

const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization', 'x-amz-security-token'];

/** Copies headers, with possible credentials redacted. */
export function redactHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const copy = { ...headers };
  for (const name of SECRET_HEADERS) if (copy[name] !== undefined) copy[name] = '[redacted]';
  // A Referer is a URL, maybe a presigned one.
  if (copy.referer) copy.referer = copy.referer.replace(/\?.*$/s, '?[redacted]');
  return copy;
}

/** The log as text, one request per line, for the message of a failed wait. */
export function describeRequests(requests: readonly EmulatorRequest[]): string {
  if (requests.length === 0) return 'No request has arrived.';
  const lines = requests.slice(-50).map(describeRequest);
  return [`Requests seen (${requests.length}, the last ${lines.length} shown):`, ...lines].join('\n');
}

function describeRequest(request: EmulatorRequest): string {
  const outcome = request.state === 'answered' ? `answered ${request.status}` : request.state;
  return `  ${request.route}: ${request.method} ${request.path}, ${request.bytesReceived} bytes received, ${outcome}`;
}
