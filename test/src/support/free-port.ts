import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A free port, for a program that cannot listen on port 0. It is below those that a system gives to clients and to port 0 (Linux: from
 * 32768 on), so no test that runs beside takes it before the program listens.
 */
export async function freePort(): Promise<string> {
  const port = randomInt(10_000, 32_000);
  const server = createServer().listen(port, '127.0.0.1');
  const taken = await once(server, 'listening').then(
    () => false,
    () => true,
  );
  if (taken) return freePort();
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}
