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
  options: { csv: { type: 'string' }, workers: { type: 'string', default: '4' } },
});
if (!values.csv) throw new Error('Give --csv FILE, a file with a column "url".');
// npm runs scripts at the top of the repository; INIT_CWD is where the user was.
const csv = resolve(process.env['INIT_CWD'] ?? process.cwd(), values.csv);

const redis = await startRedis();
const service = await openService();
const imports = importQueue({ connection: { port: redis.port } });
const page = await showBoard(imports);
const workers = Array.from({ length: Number(values.workers) }, () => startWorker());
try {
  let added: number | undefined;
  const adding = imports.add(itemsOf(csv)).then((count) => {
    added = count;
  });
  // Its error is seen in the loop.
  adding.catch(() => undefined);
  for (;;) {
    const { done, failed, left } = await imports.progress();
    process.stdout.write(`\r${done} imported, ${failed} failed, ${left} left `);
    if (added !== undefined && left === 0) break;
    await Promise.race([sleep(200), adding.then(() => sleep(200))]);
  }
  console.info('');
} finally {
  await Promise.all(workers.map(end));
  page.close();
  page.closeAllConnections();
  await imports.close();
  await service.close();
  await redis.close();
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
