import { createServer } from 'node:http';
import { listen } from './targets.ts';

/** A port that is free here, for a program that cannot take any. */
export async function freePort(): Promise<string> {
  const server = createServer();
  const { port } = new URL(await listen(server));
  await new Promise((resolve) => server.close(resolve));
  return port;
}
