import { createServer } from 'node:http';
import { listen } from './listen.ts';

/** A free port, for a program that cannot listen on port 0. */
export async function freePort(): Promise<string> {
  const server = createServer();
  const { port } = new URL(await listen(server));
  await new Promise((resolve) => server.close(resolve));
  return port;
}
