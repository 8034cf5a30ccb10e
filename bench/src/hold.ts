import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { addressOf } from './connection.ts';

/** Uploads of slow clients: sent in part, and neither complete nor closed. */
export interface Held {
  /** Ends them. @throws if a server has answered one, or closed it: then not all of them were in flight */
  release(): void;
}

/** Connections opened at once; more would not fit into a server's backlog of 511. */
const TOGETHER = 256;

/** Opens so many uploads and sends each the same part of a message. */
export async function hold(url: string, part: Buffer, count: number): Promise<Held> {
  const sockets: Socket[] = [];
  const ended: string[] = [];
  const open = async (): Promise<void> => {
    const socket = connect({ ...addressOf(url), noDelay: true });
    sockets.push(socket);
    await once(socket, 'connect');
    socket.once('data', (answer: Buffer) => ended.push(`answered ${answer.subarray(9, 100)}`));
    socket.once('error', ({ message }) => ended.push(message));
    socket.once('close', () => ended.push('closed'));
    await new Promise((resolve) => socket.write(part, resolve));
  };
  while (sockets.length < count) {
    await Promise.all(Array.from({ length: Math.min(TOGETHER, count - sockets.length) }, open));
  }
  return {
    release: () => {
      const [first] = ended;
      // A reset: ten thousand ports that wait for late packets would be missed in the next round.
      for (const socket of sockets) socket.resetAndDestroy();
      if (first !== undefined) throw new Error(`${ended.length} of ${count} held uploads: ${first}`);
    },
  };
}
