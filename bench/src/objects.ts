import { createHook } from 'node:async_hooks';
import type { HeapProfiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';

/** What a server process has made between the beginning and the end of a run. */
export interface ObjectCounts {
  readonly promises: number;
  readonly timers: number;
  readonly controllers: number;
  /** Of `EventTarget`s: signals, in practice. */
  readonly listeners: number;
}

/** Bytes of the objects that were allocated, or of those that are left. */
export interface SampledBytes {
  readonly bytes: number;
}

const counts = { promises: 0, timers: 0, controllers: 0, listeners: 0 };
const KINDS: Readonly<Record<string, keyof ObjectCounts>> = { PROMISE: 'promises', Timeout: 'timers' };

/** Replaces what cannot be counted otherwise. To be called before anything that is counted is loaded. */
export function watchGlobals(): void {
  const { AbortController: Original } = globalThis;
  globalThis.AbortController = class extends Original {
    constructor() {
      super();
      counts.controllers += 1;
    }
  };
  const { addEventListener } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (...args) {
    counts.listeners += 1;
    return addEventListener.apply(this, args);
  };
}

/** Counts from now on. What it answers ends that. */
export function countObjects(): () => ObjectCounts {
  Object.assign(counts, { promises: 0, timers: 0, controllers: 0, listeners: 0 });
  const hook = createHook({
    init: (_id, type) => {
      const kind = KINDS[type];
      if (kind) counts[kind] += 1;
    },
  }).enable();
  return () => {
    hook.disable();
    return { ...counts };
  };
}

const SAMPLE_BYTES = 1024;

/** Leaves in young memory nothing that a scavenge can collect. */
const scavenge = (): void => {
  for (let i = 0; i < 2; i++) globalThis.gc?.({ type: 'minor' });
};

/**
 * Samples what is allocated from now on, with what is collected meanwhile. What it answers ends that.
 *
 * @param kept only what no scavenge collects, with what a full collection meanwhile has collected
 */
export async function sampleHeap(kept: boolean): Promise<() => Promise<SampledBytes>> {
  if (kept) globalThis.gc?.();
  const session = new Session();
  session.connect();
  // @types/node does not know the two that include what was collected.
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: SAMPLE_BYTES,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: !kept,
  } as object);
  return async () => {
    scavenge();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    session.disconnect();
    return { bytes: bytesOf(profile.head) };
  };
}

const bytesOf = ({ selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number =>
  children.reduce((sum, child) => sum + bytesOf(child), selfSize);
