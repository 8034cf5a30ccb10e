import { connect, type Socket } from 'node:net';
import { createAnswerReader, type RawAnswer } from './answer.ts';

/** How a request ended for its client. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: RawAnswer }
  /** The connection was closed before a whole answer. */
  | { readonly kind: 'closed' }
  /** Nothing came for as long as a client can be asked to wait. */
  | { readonly kind: 'silence' };

/** A connection of a client, over which requests go out in bytes. */
export interface ClientConnection {
  readonly socket: Socket;
  /** Whether another request can be sent over it. */
  readonly usable: boolean;
  /** The end of the next request that has none yet. */
  next(): Promise<Outcome>;
  /** Writes, and waits while the server does not read. Does nothing once the connection is closed. */
  write(bytes: Uint8Array): Promise<void>;
}

/** No plan and no fault delays an answer by this much. */
const SILENCE_MS = 60_000;

/** Connects to a server. */
export async function openConnection(url: string): Promise<ClientConnection> {
  const { hostname, port } = new URL(url);
  // Half open, so that a client can end its side and still read.
  const socket = connect({ host: hostname, port: Number(port), noDelay: true, allowHalfOpen: true });
  const reader = createAnswerReader();
  const waiting: ((outcome: Outcome) => void)[] = [];
  let last = false;
  const settle = (answers: readonly RawAnswer[]): void => {
    for (const answer of answers) {
      last ||= /close/i.test(answer.headers['connection'] ?? '');
      waiting.shift()?.({ kind: 'answer', answer });
    }
  };
  // What the failure is shows in what was answered before it.
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => settle(reader.push(chunk)));
  socket.on('end', () => socket.destroy());
  socket.on('close', () => {
    settle(reader.end());
    for (const fail of waiting.splice(0)) fail({ kind: 'closed' });
  });
  await first(socket, 'connect', 'close');
  return {
    socket,
    get usable() {
      return !(last || socket.destroyed);
    },
    next: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => resolve({ kind: 'silence' }), SILENCE_MS);
        const settled = (outcome: Outcome): void => {
          clearTimeout(timer);
          resolve(outcome);
        };
        if (socket.destroyed) settled({ kind: 'closed' });
        else waiting.push(settled);
      }),
    write: async (bytes) => {
      if (socket.destroyed || !socket.writable || socket.write(bytes)) return;
      await first(socket, 'drain', 'close');
    },
  };
}

/** Resolves with the first of these events, and listens no longer. */
function first(socket: Socket, ...events: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) socket.off(event, done);
      resolve();
    };
    for (const event of events) socket.on(event, done);
  });
}
