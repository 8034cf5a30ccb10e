import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Redis } from 'ioredis';
import { describe } from 'vitest';
import { freePort } from './free-port.ts';

/** A real Redis of its own: a free port, and a folder that keeps its data until it is closed. */
export interface RedisServer {
  readonly connection: { readonly host: string; readonly port: number };
  /** Ends it as an operator does; its data stays. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on its port and with its data. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
if (!isInstalled) {
  console.warn(
    'NOT RUN: the tests with Redis. Install redis-server: .ci/install-debian-packages redis-server',
  );
}

/** `describe`, for tests that need Redis: they are skipped where there is none, and that is said. */
export const describeWithRedis = describe.skipIf(!isInstalled);

/** Ends Redis when its standard input ends: when it is told to, and when this process is gone, in whatever way. */
const UNTIL_END_OF_INPUT = 'redis-server "$@" & cat; kill $!; wait';

/** Starts a Redis, and resolves when it answers. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const connection = { host: '127.0.0.1', port: 0 };
  let server: ChildProcess | undefined;
  let pid = 0;
  const listens = async (): Promise<boolean> => {
    const { host, port } = connection;
    const args = ['--bind', host, '--port', String(port), '--dir', folder, '--appendonly', 'yes'];
    // With its default Redis answers before it has written while a sync is under way: what a kill then takes is not what tests are about.
    const settings = [...args, '--appendfsync', 'no', '--save', ''];
    server = spawn('sh', ['-c', UNTIL_END_OF_INPUT, 'sh', ...settings], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const log = createInterface({ input: server.stdout as Readable });
    return new Promise((resolve) => {
      log.on('line', (line) => {
        if (/Ready to accept/.test(line)) resolve(true);
        if (/Failed listening/.test(line)) resolve(false);
      });
      log.on('close', () => resolve(false));
    });
  };
  const start = async (): Promise<void> => {
    if (!(await listens())) throw new Error(`Redis could not listen on port ${connection.port}`);
    const client = new Redis({ ...connection, maxRetriesPerRequest: null, retryStrategy: () => 20 });
    client.on('error', () => undefined);
    pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
    await client.quit();
  };
  const stop = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, 'exit');
    server.stdin?.end();
    await gone;
  };
  const kill = (): Promise<void> => {
    process.kill(pid, 'SIGKILL');
    return stop();
  };
  // Another test may have taken a port that was free.
  for (let tries = 1; ; tries++) {
    connection.port = Number(await freePort());
    try {
      await start();
      break;
    } catch (error) {
      await stop();
      if (tries === 5) throw error;
    }
  }
  return {
    connection,
    kill,
    start,
    stop,
    close: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
