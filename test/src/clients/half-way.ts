import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that lets part of a request through. */
export interface HalfWay {
  readonly url: string;
  /** So many bytes of the client are through, and it waits. */
  readonly reached: Promise<unknown>;
  /** Lets the rest through, too: of a client that is gone, what it has sent, and that it is gone. */
  open(): void;
  close(): Promise<void>;
}

/** Stands between a client and a server, so that the client is certain to be in the middle of its request. */
export async function halfWay(target: string, bytes: number): Promise<HalfWay> {
  const { hostname, port } = new URL(target);
  let client: Socket | undefined;
  let left = bytes;
  const server = createServer((socket) => {
    client = socket;
    const upstream = connect(Number(port), hostname);
    socket.on('data', (chunk: Buffer) => {
      const isBefore = left > 0;
      left -= chunk.length;
      const isFull = !upstream.write(chunk);
      if (isFull || (isBefore && left <= 0)) socket.pause();
      if (isBefore && left <= 0) server.emit('reached');
    });
    upstream.on('drain', () => {
      if (left > 0) socket.resume();
    });
    // A client that is killed while bytes are on their way to it resets its connection.
    socket.on('error', () => upstream.destroy()).on('end', () => upstream.end());
    upstream.on('error', () => socket.destroy()).pipe(socket);
  });
  const reached = once(server, 'reached');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reached,
    open: () => {
      left = Number.POSITIVE_INFINITY;
      client?.resume();
    },
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}
