import {
  type FileImport,
  IMPORT_QUEUE,
  IMPORT_WORKER_OPTIONS,
  type ImportItem,
  type ImportProgress,
  type ImportQueue,
  type ImportResult,
  type ImportRun,
  type ImportWorkerOptions,
  importQueue,
  importWorker,
  type OwnWorkerOptions,
  type QueueOptions,
  ROLLBACK_QUEUE,
  type RollbackClient,
  type RollbackQueue,
  type RollbackQueueOptions,
  rollbackQueue,
  runImport,
  type UrlImport,
} from '@imgwire/bullmq';
import { createImgwire } from '@imgwire/core';
import type { Job, Worker } from 'bullmq';
import { Redis } from 'ioredis';

/** True only where both are the same type; `any` is the same as nothing else. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const is = <_True extends true>(): void => undefined;

const place: QueueOptions = { connection: { host: '127.0.0.1', port: 6379 }, prefix: 'app' };
const imports: ImportQueue = importQueue({ ...place, name: IMPORT_QUEUE });
const url: UrlImport = { url: 'https://images.example.com/a.jpg', purpose: 'catalogue' };
const file: FileImport = { path: '/mnt/a.jpg', idempotencyKey: 'a' };
const items: readonly ImportItem[] = [url, file];
const added: Promise<number> = imports.add(items);
// @ts-expect-error -- a file has no key of its own
void imports.add([{ path: '/mnt/a.jpg' }]);
const progress: Promise<ImportProgress> = imports.progress();

const undoing: RollbackQueueOptions = {
  connection: new Redis({ maxRetriesPerRequest: null }),
  staleAfterMs: 60_000,
};
const undo: RollbackQueue = rollbackQueue({ ...undoing, name: ROLLBACK_QUEUE });
const { beforeCreate, onRollbackFailed } = undo;
const imgwire = createImgwire({ apiKey: 'sk_1', beforeCreate, onRollbackFailed });
const undoer: RollbackClient = imgwire;
const own: OwnWorkerOptions = { ...IMPORT_WORKER_OPTIONS, concurrency: 2 };
const sweeper: Worker = undo.worker(undoer, own);

const options: ImportWorkerOptions = { ...place, imgwire, limiter: { max: 10, duration: 1_000 } };
const worker = importWorker(options);
is<Same<typeof worker, Worker<ImportItem, ImportResult>>>();
// @ts-expect-error -- without a connection to Imgwire nothing is imported
importWorker(place);
const process = (job: Job<ImportItem, ImportResult>): Promise<ImportResult> => {
  const run: ImportRun = { imgwire, worker, job };
  return runImport(run);
};
console.info(added, progress, sweeper, process);
