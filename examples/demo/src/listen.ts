import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on the port. If it is in use, says so and takes a free one. Returns the address. */
export async function listen(listener: RequestListener, port: number): Promise<string> {
  const server = createServer(listener);
  await bind(server, port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    console.log(`Port ${port} is in use: the demo takes a free one. Set PORT to choose it.`);
    return bind(server, 0);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bind(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
