import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Cancellation } from '../cancellation.ts';
import { socketOf } from '../client-gone.ts';
import type { IncomingRequest } from '../incoming-request.ts';

/**
 * How much of a rejected body we drain before the response. If we closed the connection while they send, browsers and proxies
 * would report a network error instead of the response. A client that goes on for gigabytes gets the response, and is cut off.
 */
export const DRAIN = { bytes: 64 * 1024 * 1024, ms: 10_000, idleMs: 1_000 };

/**
 * Drains a body. Returns whether it came to its end: else it is left, paused.
 *
 * @param shutdown aborts when the server has no time left
 */
export function drain(body: Readable, socket: Socket | undefined, shutdown: Cancellation): Promise<boolean> {
  if (body.destroyed || body.readableEnded || socket?.destroyed) return Promise.resolve(true);
  if (shutdown.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    let left = DRAIN.bytes;
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      idle.refresh();
      if (left < 0) cut();
    };
    const cut = (): void => {
      settle(false);
      body.pause();
    };
    const done = (): void => settle(true);
    const settle = (drained: boolean): void => {
      clearTimeout(timer);
      clearTimeout(idle);
      removeListener();
      body.off('data', onData).off('end', done).off('close', done);
      socket?.off('close', done);
      resolve(drained);
    };
    const timer = setTimeout(cut, DRAIN.ms);
    const removeListener = shutdown.onAbort(cut);
    // A client that has stopped sending waits for the response, or is gone.
    const idle = setTimeout(cut, DRAIN.idleMs);
    body.on('data', onData).once('end', done).once('close', done);
    // Once the response is sent, Node no longer reports the connection's close on the request.
    socket?.once('close', done);
    body.resume();
  });
}

/** How long a response may take to reach a client that is cut off, in milliseconds. nginx calls this lingering_close. */
const LINGER_MS = 2_000;

/** What Node's HTTP server calls at the end of a response that closes its connection. */
interface Closing {
  destroySoon?(): void;
  end(): unknown;
}

/**
 * Ends a request whose rest nobody reads, once the response has had time to arrive. The response says that the connection closes
 * (RFC 9112, section 9.6): else a client sends its next request on it, which is lost. On HTTP/2 only the stream ends.
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
 * Keeps Node from destroying the connection as soon as the response is written. With unread bytes of the client that resets it,
 * and the client may never see the response.
 */
function linger(socket: Closing | undefined): void {
  if (!socket?.destroySoon) return;
  socket.destroySoon = () => void socket.end();
}
