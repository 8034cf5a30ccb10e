import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisOfRun {
  readonly port: number;
  /** Where its data is. */
  readonly folder: string;
  /** Ends it. The data of a folder that was not given is removed, unless it is to be kept. */
  close(keep: boolean): Promise<void>;
}

/**
 * Starts a Redis for this run, whose data is on disk.
 *
 * @param given the folder that an earlier run has kept
 * @throws Error where `redis-server` is not installed
 */
export async function startRedis(given?: string): Promise<RedisOfRun> {
  const port = await freePort();
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'import-queue-')));
  const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
  const server = spawn('redis-server', [...args, '--save', '', '--appendonly', 'yes'], { stdio: 'ignore' });
  await once(server, 'spawn').catch(() => {
    throw new Error('Install redis-server first, such as by: sudo apt-get install redis-server');
  });
  return {
    port,
    folder,
    close: async (keep) => {
      const gone = once(server, 'exit');
      if (server.kill()) await gone;
      if (!keep && given === undefined) await rm(folder, { recursive: true });
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
