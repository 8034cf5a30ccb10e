import type { IncomingHttpHeaders } from 'node:http';

/** Names of the routes, as the request log shows them and as faults match them. */
export const ROUTE_NAMES = [
  'list',
  'create',
  'upload_via_url',
  'token',
  'retrieve',
  'delete',
  'bulk_delete',
  'create_download',
  'retrieve_download',
  'cors_origins',
  'custom_domain',
  'metrics',
  'health',
  'put',
  'cdn',
  'download',
  'emulator',
  'preflight',
  'unknown',
] as const;

/** One of the routes. `unknown` is a request that matches none, `preflight` an OPTIONS request to any. */
export type RouteName = (typeof ROUTE_NAMES)[number];

/**
 * One request as the emulator received it. The object is live: it changes while bytes arrive and when the response is sent.
 */
export interface EmulatorRequest {
  readonly id: string;
  route: RouteName;
  method: string;
  /** The path without its query, which can have a signature or a token. */
  path: string;
  /** Absent until the response has started. */
  status?: number;
  /** As received, with names in lower case. Credentials are replaced by `[redacted]`. */
  headers: IncomingHttpHeaders;
  /** Bytes of the body that the emulator has read so far. */
  bytesReceived: number;
  /** The parsed JSON of an API call. */
  body?: unknown;
  /** The body of a response with status 400 or more, which says why: its first 4,096 characters. */
  errorBody?: string;
  /** The image of the request, as soon as it is known. */
  imageId?: string;
  /** `aborted`: the connection closed before the response was sent. */
  state: 'open' | 'finished' | 'aborted';
  startedAt: Date;
  endedAt?: Date;
  /** The internal error behind a 500. */
  error?: unknown;
}

/** The log of an emulator. */
export interface RequestLog {
  /** In order of arrival; a live array. */
  readonly entries: EmulatorRequest[];
  /** Adds a request that takes so many bytes. */
  add(entry: EmulatorRequest, bytes: number): void;
  /** Counts bytes that an entry has got since. */
  grow(entry: EmulatorRequest, bytes: number): void;
  clear(): void;
}

/** What an entry may take on average, bytes. A usual one takes 2 KiB; a hostile one could take 1 MiB. */
const ENTRY_BYTES = 64 * 1024;

/**
 * Creates an empty log of so many entries, and of 64 KiB for each of them. The oldest entries are dropped first. The newest stays,
 * whatever its size.
 */
export function createRequestLog(mostEntries: number): RequestLog {
  const entries: EmulatorRequest[] = [];
  const sizes = new Map<EmulatorRequest, number>();
  let total = 0;

  function trim(): void {
    while (entries.length > mostEntries || (total > mostEntries * ENTRY_BYTES && entries.length > 1)) {
      const oldest = entries.shift();
      if (!oldest) return;
      total -= sizes.get(oldest) ?? 0;
      sizes.delete(oldest);
    }
  }

  function grow(entry: EmulatorRequest, bytes: number): void {
    const size = sizes.get(entry);
    // A request may get its body when it has been dropped.
    if (size === undefined) return;
    sizes.set(entry, size + bytes);
    total += bytes;
    trim();
  }

  function forget(): void {
    sizes.clear();
    total = 0;
  }

  return {
    entries,
    add(entry, bytes) {
      // The array is the user's too: they may have emptied it.
      if (entries.length === 0) forget();
      entries.push(entry);
      sizes.set(entry, 0);
      grow(entry, bytes);
    },
    grow,
    clear() {
      entries.length = 0;
      forget();
    },
  };
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
  const outcome = request.state === 'finished' ? `response ${request.status}` : request.state;
  return `  ${request.route}: ${request.method} ${request.path}, ${request.bytesReceived} bytes received, ${outcome}`;
}
