export type { IsStored } from './clean-up-direct.ts';
export type { FileImport, ImportItem, ImportResult, ItemRules, UrlImport } from './import-item.ts';
export {
  IMPORT_QUEUE,
  type ImportProgress,
  type ImportQueue,
  importQueue,
  type QueueOptions,
} from './import-queue.ts';
export {
  IMPORT_WORKER_OPTIONS,
  type ImportRun,
  type ImportWorkerOptions,
  importWorker,
  type OwnWorkerOptions,
  runImport,
} from './import-worker.ts';
export type { RollbackClient } from './rollback.ts';
export {
  ROLLBACK_QUEUE,
  type RollbackQueue,
  type RollbackQueueOptions,
  type RollbackRun,
  type RollbackWorkerOptions,
  rollbackQueue,
} from './rollback-queue.ts';
