import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { addressOf } from './connection.ts';
import { carry } from './line-carry.ts';
import { openWindow, slowWindow, type Window } from './line-window.ts';
import { now } from './worker.ts';

/** How far away something is. */
export interface Distance {
  readonly roundTripMs: number;
  /** Whether each connection begins with a small window, as TCP does. */
  readonly slowStart: boolean;
}

/** TCP's SYN and the flight of TLS 1.3: what a connection takes before the first byte of a request leaves. */
const HANDSHAKES = 2;

/** Something as it is from afar: a URL of this machine from which everything goes to `target`, and back. */
export async function openRelay(target: string, { roundTripMs, slowStart }: Distance): Promise<string> {
  const oneWayMs = roundTripMs / 2;
  const open = (): Window => (slowStart ? slowWindow(roundTripMs) : openWindow());
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (near: Socket) => {
    // The loopback has connected at once: the handshakes are charged to the first byte, so they are over if it comes later.
    const openAt = now() + HANDSHAKES * roundTripMs;
    const far = connect({ ...addressOf(target), allowHalfOpen: true, noDelay: true });
    carry(near, far, { oneWayMs, openAt, window: open() });
    carry(far, near, { oneWayMs, openAt: 0, window: open() });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
