import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { ExpressAdapter } from '@bull-board/express';
import { type ImportQueue, importQueue } from '@imgwire/bullmq';
import express from 'express';
import { itemsOf } from './csv.ts';
import { startRedis } from './redis.ts';

const { values } = parseArgs({
  options: {
    csv: { type: 'string' },
    redis: { type: 'string' },
    workers: { type: 'string', default: '4' },
  },
});
if (!values.csv && !values.redis) {
  console.info(`Imports images into Imgwire with several processes, over a queue in Redis.

  npm run example:import-queue -- --csv images.csv   a file with a column "url", and "file_name" and "purpose" if you like
                               [ --workers 4 ]       how many processes
  npm run example:import-queue -- --redis FOLDER     what an earlier run has kept, once more

It starts a redis-server of its own, which must be installed. Set IMGWIRE_API_KEY for the real service.`);
  process.exit();
}
// npm runs scripts at the top of the repository; INIT_CWD is where the user was.
const fromUser = (path: string): string => resolve(process.env['INIT_CWD'] ?? process.cwd(), path);

const redis = await startRedis(values.redis && fromUser(values.redis));
const service = await openService();
const imports = importQueue({ connection: { port: redis.port } });
const page = await showBoard(imports);
// Those that had failed.
if (values.redis) await imports.queue.retryJobs();
const workers = Array.from({ length: Number(values.workers) }, () => startWorker());
try {
  await run();
} finally {
  await Promise.all(workers.map(end));
  page.close();
  page.closeAllConnections();
  const { failed, remaining: left } = await imports.progress();
  await imports.close();
  await service.close();
  await redis.close(failed + left > 0);
  if (failed + left > 0) {
    process.exitCode = 1;
    console.error(`${failed} failed, and ${left} are left. They are kept. To try them again:`);
    console.error(`npm run example:import-queue -- --redis ${redis.folder}`);
  }
}

/** Adds, and shows how far it is, until nothing is left. */
async function run(): Promise<void> {
  let added = values.csv === undefined;
  const adding = (values.csv ? imports.add(itemsOf(fromUser(values.csv))) : Promise.resolve(0)).then(() => {
    added = true;
  });
  // Its error is seen in the loop.
  adding.catch(() => undefined);
  for (;;) {
    const { completed: done, failed, remaining: left } = await imports.progress();
    process.stdout.write(`\r${done} imported, ${failed} failed, ${left} left `);
    if (added && left === 0) break;
    await Promise.race([sleep(200), adding.then(() => sleep(200))]);
  }
  console.info('');
}

/** The real Imgwire if a key is set, an emulator otherwise. */
async function openService(): Promise<{ readonly env: object; close(): Promise<void> }> {
  if (process.env['IMGWIRE_API_KEY']) return { env: {}, close: async () => undefined };
  const { startEmulator } = await import('@imgwire/emulator');
  const { apiKey, url, close } = await startEmulator();
  return { env: { IMGWIRE_API_KEY: apiKey, IMGWIRE_API_BASE_URL: url }, close };
}

async function showBoard({ queue }: ImportQueue): Promise<import('node:http').Server> {
  const serverAdapter = new ExpressAdapter();
  createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter });
  const server = express().use(serverAdapter.getRouter()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  console.info(`The queue is at http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return server;
}

function startWorker(): ChildProcess {
  const script = fileURLToPath(new URL('worker.ts', import.meta.url));
  const env = { ...process.env, ...service.env, REDIS_PORT: String(redis.port) };
  return spawn(process.execPath, ['--import', 'tsx', script], { env, stdio: 'inherit' });
}

async function end(worker: ChildProcess): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const gone = once(worker, 'exit');
  worker.kill('SIGTERM');
  await gone;
}
