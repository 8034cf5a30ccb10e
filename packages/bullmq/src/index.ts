export type * from './import-item.ts';
export * from './import-queue.ts';
export * from './import-worker.ts';
export type { RollbackClient } from './rollback.ts';
export * from './rollback-queue.ts';
