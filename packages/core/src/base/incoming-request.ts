import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

/**
 * What core reads of a request. Node's own fits, and so does a stream with headers, which an adapter makes of a request
 * that has no connection of its own, such as a web `Request`. It is destroyed when its client disconnects.
 */
export interface IncomingRequest extends Readable {
  /** By lower-case names. */
  readonly headers: IncomingHttpHeaders;
  /** The connection to the client; undefined where there is none to be seen. */
  readonly socket?: Socket | undefined;
  /** Whether the whole request has arrived; only a server's request says so. */
  readonly complete?: boolean | undefined;
}
