import type { Imgwire, ManyResult, UploadInput, UploadViaUrlInput } from '@imgwire/core';
import type { Settings } from './arguments.ts';
import { importsOf, rowsOf } from './csv.ts';
import { filesOf, uploadsOf } from './folder.ts';
import { showProgress } from './progress.ts';
import { describeFailure, summarize, type Tally } from './report.ts';
import { type Stop, until } from './stop.ts';

type Item = UploadInput | UploadViaUrlInput;

/** Imports everything, shows the progress, and returns the exit code. */
export async function runImport(imgwire: Imgwire, settings: Settings, stop: Stop): Promise<number> {
  const startedAt = performance.now();
  const total = await count(settings.kind === 'csv' ? rowsOf(settings.path) : filesOf(settings.path));
  const progress = showProgress(total);
  const tally: Tally = { done: 0, failed: 0, total };
  try {
    for await (const result of begin(imgwire, settings, stop)) {
      // An item aborted by a second Ctrl-C has not failed: the next run resumes it.
      if (stop.atOnce.aborted && result.status === 'rejected') continue;
      tally[result.status === 'fulfilled' ? 'done' : 'failed']++;
      progress.update(tally);
      if (result.status === 'rejected') progress.complain(describeFailure(result.item, result.reason));
    }
  } catch (error) {
    if (error !== stop.atOnce.reason) throw error;
  } finally {
    progress.end();
  }
  const isStopped = stop.gently.aborted && tally.done + tally.failed < total;
  console.info(summarize(tally, performance.now() - startedAt, isStopped));
  return exitCode(tally, isStopped);
}

function begin(
  imgwire: Imgwire,
  { kind, path, concurrency }: Settings,
  { gently, atOnce: signal }: Stop,
): AsyncIterable<ManyResult<Item, unknown>> {
  const options = { concurrency, signal };
  return kind === 'csv'
    ? imgwire.uploadViaUrlMany(until(importsOf(path), gently), options)
    : imgwire.uploadMany(until(uploadsOf(path), gently), options);
}

/** 130 is the shells' convention for a program ended by Ctrl-C. */
function exitCode({ failed }: Tally, isStopped: boolean): number {
  if (failed > 0) return 1;
  return isStopped ? 130 : 0;
}

async function count(items: AsyncIterable<unknown>): Promise<number> {
  let total = 0;
  for await (const _ of items) total++;
  return total;
}
