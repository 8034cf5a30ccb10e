import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** The response of a route, to be sent. */
export interface Answer {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /**
   * Text and buffers get a Content-Length; a stream is sent as it arrives, and is destroyed when the client
   * disconnects.
   */
  readonly body?: string | Buffer | Readable;
}

/** A JSON response. The Go and Ruby SDKs decode nothing without this Content-Type. */
export function json(body: unknown, headers: OutgoingHttpHeaders = {}, status = 200): Answer {
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
