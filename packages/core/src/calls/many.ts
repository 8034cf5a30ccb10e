import { Cancellation, whenAborted } from '../cancellation.ts';
import { abortSignal, callback, positive } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import { untilAborted } from '../service/deadline.ts';

/** How to run over many items. */
export interface ManyOptions {
  /** How many items are in flight at once. @default 8 */
  readonly concurrency?: number | undefined;
  /** Aborts the run: items in flight are aborted, and no further one is started. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each item, with the counts so far. */
  readonly onProgress?: ((progress: ManyProgress) => void) | undefined;
}

/** How far a run over many items is. */
export interface ManyProgress {
  /** Items that have succeeded. */
  readonly completed: number;
  /** Items that have failed. */
  readonly failed: number;
  /** Items that were started: all of them once the source is exhausted. */
  readonly started: number;
}

/** The outcome of one item, in the shape of `Promise.allSettled`. */
export type ManyResult<Item, Value> =
  | { readonly status: 'fulfilled'; readonly index: number; readonly item: Item; readonly value: Value }
  | { readonly status: 'rejected'; readonly index: number; readonly item: Item; readonly reason: unknown };

const CHECKS: Readonly<Record<keyof ManyOptions, Check>> = {
  concurrency: positive,
  signal: abortSignal,
  onProgress: callback,
};

/**
 * Processes many items, a few at a time, and yields each outcome as it settles. Items are pulled from their source as slots
 * become free, so memory does not depend on their number. Leaving the loop aborts the items in flight.
 *
 * @param caller the method, for the error
 * @throws the signal's reason once the items in flight have settled; the error of `items` itself; TypeError for a wrong option
 */
export async function* many<Item, Value>(
  caller: string,
  items: Iterable<Item> | AsyncIterable<Item>,
  options: ManyOptions,
  run: (item: Item, signal: Cancellation) => Promise<Value>,
): AsyncGenerator<ManyResult<Item, Value>, void, void> {
  assertOptions(caller, options, CHECKS);
  if (!isIterable(items)) {
    throw new TypeError(
      `${caller} takes an array of objects, or another iterable: write ${caller.replace('()', '([{ … }])')}.`,
    );
  }
  const { concurrency = 8, signal, onProgress } = options;
  signal?.throwIfAborted();
  const source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const ending = new Cancellation();
  const removeListener = whenAborted(signal, ending.abort);
  const counts = { completed: 0, failed: 0, started: 0 };
  const ready: { readonly result: ManyResult<Item, Value>; taken(): void }[] = [];
  let left = false;
  let wake = (): void => undefined;
  /** Pulls an item, processes it, and continues once its outcome was consumed: neither items nor outcomes pile up. */
  const work = async (): Promise<void> => {
    for (;;) {
      const next = await untilAborted(ending, () => source.next());
      if (next.done) return;
      const result = await outcome(counts.started++, next.value, () => run(next.value, ending));
      counts[result.status === 'fulfilled' ? 'completed' : 'failed']++;
      if (left) return;
      await new Promise<void>((taken) => {
        ready.push({ result, taken });
        wake();
      });
    }
  };
  let working = concurrency;
  let failure: { readonly reason: unknown } | undefined;
  const workers = Array.from({ length: concurrency }, () =>
    work()
      .catch((reason: unknown) => {
        failure ??= { reason };
      })
      .finally(() => {
        working--;
        wake();
      }),
  );
  try {
    while (ready.length > 0 || working > 0) {
      const first = ready.shift();
      if (first) {
        onProgress?.({ ...counts });
        try {
          yield first.result;
        } finally {
          first.taken();
        }
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (failure) throw failure.reason;
  } finally {
    left = true;
    removeListener();
    ending.abort(new DOMException('The run was left', 'AbortError'));
    for (const { taken } of ready) taken();
    await Promise.all(workers);
    // Lets the source close its file; not awaited, since a stalled source would never settle.
    void (async () => source.return?.())().catch(() => undefined);
  }
}

const isIterable = (items: unknown): boolean =>
  typeof items === 'object' && items !== null && (Symbol.asyncIterator in items || Symbol.iterator in items);

async function outcome<Item, Value>(
  index: number,
  item: Item,
  run: () => Promise<Value>,
): Promise<ManyResult<Item, Value>> {
  try {
    return { status: 'fulfilled', index, item, value: await run() };
  } catch (reason) {
    return { status: 'rejected', index, item, reason };
  }
}
