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
  /** The body of a response with status 400 or more, which says why; its first 4,096 characters. */
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
  /** Counts what an entry has got since. */
  grow(entry: EmulatorRequest, bytes: number): void;
  clear(): void;
}

/** What an entry may take on average, bytes. A usual one takes 2 KiB; a hostile one could take 1 MiB. */
const ENTRY_BYTES = 64 * 1024;

/**
 * Creates an empty log of so many entries, and of 64 KiB for each of them; the oldest entries are dropped first, and the newest
 * stays.
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
      // The array is the user's too, who may have emptied it.
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
  const outcome = request.state === 'finished' ? `answered ${request.status}` : request.state;
  return `  ${request.route}: ${request.method} ${request.path}, ${request.bytesReceived} bytes received, ${outcome}`;
}
