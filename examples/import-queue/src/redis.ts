import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Starts a Redis for this run. @throws Error where `redis-server` is not installed */
export async function startRedis(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'import-queue-'));
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', ''];
  const server = spawn('redis-server', args, { stdio: 'ignore' });
  await once(server, 'spawn').catch(() => {
    throw new Error('Install redis-server first, such as by: sudo apt-get install redis-server');
  });
  return {
    port,
    close: async () => {
      const gone = once(server, 'exit');
      if (server.kill()) await gone;
      await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
