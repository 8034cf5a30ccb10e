import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Cancellation } from '../base/cancellation.ts';

/**
 * How much of a rejected body is drained before the response. Browsers and proxies whose connection is closed while they send
 * report a network error instead of the response; a client that goes on for gigabytes gets the response, and is cut off.
 */
export const DRAIN = { bytes: 64 * 1024 * 1024, ms: 10_000, idleMs: 1_000 };

/**
 * Whether the body was drained to its end; else it is left, paused.
 *
 * @param closing aborts when the server has no time left
 */
export function drain(body: Readable, socket: Socket | undefined, closing: Cancellation): Promise<boolean> {
  if (body.destroyed || body.readableEnded || socket?.destroyed) return Promise.resolve(true);
  if (closing.aborted) return Promise.resolve(false);
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
      forget();
      body.off('data', onData).off('end', done).off('close', done);
      socket?.off('close', done);
      resolve(drained);
    };
    const timer = setTimeout(cut, DRAIN.ms);
    const forget = closing.onAbort(cut);
    // A client that has stopped sending waits for the response, or is gone.
    const idle = setTimeout(cut, DRAIN.idleMs);
    body.on('data', onData).once('end', done).once('close', done);
    // Once the response is sent, Node no longer reports the connection's close on the request.
    socket?.once('close', done);
    body.resume();
  });
}
