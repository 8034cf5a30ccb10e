import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** What a route answers; sending it is someone else's work. */
export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /**
   * Text and buffers get a Content-Length; a stream is sent as it comes, and is destroyed when the client
   * leaves.
   */
  readonly body?: string | Buffer | Readable;
}

/** A JSON answer. Go and Ruby SDKs decode nothing without this Content-Type. */
export function json(body: unknown, headers: OutgoingHttpHeaders = {}, status = 200): Answer {
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
