import type { Worker } from 'bullmq';
import { isPermanent } from './job-error.ts';

/** What a sweep goes through: each is claimed, so that no other sweep has it. */
export interface Sweepable<T> {
  /** Claims the one whose time has been up for longest, if any. @throws Error of Redis */
  claim(): Promise<T | undefined>;
  /** Removes a claimed one. @throws Error of Redis */
  remove(claimed: T): Promise<unknown>;
  /** Leaves a claimed one to a later sweep. @throws Error of Redis */
  release(claimed: T): Promise<unknown>;
}

/** The most that one sweep goes through. The next one goes on. */
const MOST_CLAIMS = 1_000;

/** Cleans up after each, and removes it. @throws what `cleanUp` threw first */
export async function sweep<T>(
  all: Sweepable<T>,
  worker: Worker,
  cleanUp: (claimed: T) => Promise<void>,
): Promise<void> {
  let failure: unknown;
  for (let count = 0; count < MOST_CLAIMS && !worker.closing; count++) {
    const claimed = await all.claim();
    if (!claimed) break;
    try {
      await cleanUp(claimed);
      await all.remove(claimed);
    } catch (error) {
      failure ??= error;
      await all.release(claimed);
      // The others would fail likewise.
      if (!isPermanent(error)) break;
    }
  }
  if (failure !== undefined) throw failure;
}
