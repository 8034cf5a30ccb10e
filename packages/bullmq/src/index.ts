export type * from './import-item.ts';
export * from './import-queue.ts';
export * from './import-worker.ts';
export type { Undoer } from './undo.ts';
export * from './undo-queue.ts';
