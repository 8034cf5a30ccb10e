import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { IncomingRequest } from '../base/incoming-request.ts';
import { socketOf } from '../base/socket-of.ts';

/** For the response to reach a client before it is cut off; nginx calls this lingering_close. */
const LINGER_MS = 2_000;

/** What Node's HTTP server calls at the end of a response that closes its connection. */
interface Closing {
  destroySoon?(): void;
  end(): unknown;
}

/**
 * Ends a request whose rest nobody reads, once the response has had the time to arrive. The response says that the connection
 * closes (RFC 9112, section 9.6): else a client sends its next request on it, which is lost. On HTTP/2 only the stream ends.
 */
export function cutOff(req: IncomingRequest, body: Readable, res: ServerResponse | undefined): void {
  const { stream } = req as { readonly stream?: Partial<Readable> };
  // A `pipeline` that fails takes the socket away from the request, and leaves it open.
  const socket = socketOf(req) ?? socketOf({ socket: res?.socket ?? undefined });
  if (res && !stream && !res.headersSent) {
    res.setHeader('Connection', 'close');
    linger(socket);
  }
  const end = (): void => {
    if (req.destroyed && !(req.complete || stream)) socket?.destroy();
    body.destroy();
    req.destroy();
    // The request of HTTP/2 leaves its stream open, with what has arrived of it.
    stream?.destroy?.();
  };
  setTimeout(end, LINGER_MS).unref();
}

/**
 * Node destroys the connection as soon as the response is written. With bytes of the client unread that resets it, and a client
 * that is reset may never see the response.
 */
function linger(socket: Closing | undefined): void {
  if (!socket?.destroySoon) return;
  socket.destroySoon = () => void socket.end();
}
