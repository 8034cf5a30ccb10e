import type { IncomingHttpHeaders } from 'node:http';
import type { RouteName } from './route-names.ts';

/**
 * One request as the emulator saw it. The object is live: it is updated while bytes arrive and when the
 * answer is out.
 */
export interface EmulatorRequest {
  route: RouteName;
  method: string;
  /** Path without its query, which can hold a signature or a token. */
  path: string;
  /** Absent until the answer has begun. */
  status?: number;
  /** As received, names in lower case; credentials are replaced by `[redacted]`. */
  headers: IncomingHttpHeaders;
  /** Bytes of the body that the emulator has read so far. */
  bytesReceived: number;
  /** The parsed JSON of an API call. */
  body?: unknown;
  /** The image that the request is about, as soon as it is known. */
  imageId?: string;
  /** `aborted`: the connection ended before the answer was out. */
  state: 'open' | 'answered' | 'aborted';
  startedAt: Date;
  endedAt?: Date;
  /** What went wrong inside the emulator, when it had to answer 500. */
  error?: unknown;
}

const SECRET_HEADERS = ['authorization', 'cookie', 'proxy-authorization', 'x-amz-security-token'];

/** Copies headers, with anything that could be a credential replaced. */
export function redactHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const copy = { ...headers };
  for (const name of SECRET_HEADERS) if (copy[name] !== undefined) copy[name] = '[redacted]';
  // A Referer is a URL and can carry the query of a presigned one.
  if (copy.referer) copy.referer = copy.referer.replace(/\?.*$/s, '?[redacted]');
  return copy;
}

/** The log in words, one request a line, for the message of a wait that failed. */
export function describeRequests(requests: readonly EmulatorRequest[]): string {
  if (requests.length === 0) return 'No request has arrived.';
  const lines = requests.slice(-50).map(describeRequest);
  return [`Requests seen (${requests.length}, the last ${lines.length} shown):`, ...lines].join('\n');
}

function describeRequest(request: EmulatorRequest): string {
  const outcome = request.state === 'answered' ? `answered ${request.status}` : request.state;
  return `  ${request.route}: ${request.method} ${request.path}, ${request.bytesReceived} bytes received, ${outcome}`;
}
