import {
  IMPORT_QUEUE,
  IMPORT_WORKER_OPTIONS,
  type ImportItem,
  type ImportResult,
  ROLLBACK_QUEUE,
  type RollbackQueue,
  runImport,
} from '@imgwire/bullmq';
import { ImgwireService } from '@imgwire/nestjs';
import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject } from '@nestjs/common';
import type { Job } from 'bullmq';

/** The token of what `rollbackQueue()` has returned. */
export const ROLLBACKS = Symbol('rollbackQueue');

@Processor(IMPORT_QUEUE, { ...IMPORT_WORKER_OPTIONS, concurrency: 4 })
export class ImportProcessor extends WorkerHost {
  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {
    super();
  }

  process(job: Job<ImportItem, ImportResult>): Promise<ImportResult> {
    return runImport({ imgwire: this.imgwire, worker: this.worker, job });
  }
}

@Processor(ROLLBACK_QUEUE, IMPORT_WORKER_OPTIONS)
export class RollbackProcessor extends WorkerHost {
  constructor(
    @Inject(ImgwireService) private readonly imgwire: ImgwireService,
    @Inject(ROLLBACKS) private readonly rollbacks: RollbackQueue,
  ) {
    super();
  }

  process(job: Job): Promise<void> {
    return this.rollbacks.run({ imgwire: this.imgwire, worker: this.worker, job });
  }
}
