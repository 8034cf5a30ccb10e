// An upload server that counts what a request costs. Options are passed as JSON; GET /counts starts to count, and answers with
// the counts since the last start.
import { createHook } from 'node:async_hooks';
import type { HeapProfiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const counts = { promises: 0, timers: 0, controllers: 0, listeners: 0 };
const KINDS: Readonly<Record<string, keyof typeof counts>> = { PROMISE: 'promises', Timeout: 'timers' };

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

const { startUploadServer } = await import('./start-upload-server.ts');
const { createServer } = await import('node:http');
const { listen } = await import('../listen.ts');
const { url } = await startUploadServer(JSON.parse(process.argv[2] ?? '{}'));
const session = new Session();
session.connect();

const hook = createHook({
  init: (_id, type) => {
    const kind = KINDS[type];
    if (kind) counts[kind] += 1;
  },
});

/** Allocated bytes, without those of a helper that the compiler of the tests adds to every function. */
const bytesOf = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): number =>
  children.reduce((sum, child) => sum + bytesOf(child), callFrame.functionName === '__name' ? 0 : selfSize);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;
/** Leaves in young memory nothing that a scavenge can collect. */
const scavenge = (): void => {
  for (let i = 0; i < 2; i++) collect({ type: 'minor' });
};

/** Samples what is allocated from now on, and `kept`: only what no scavenge collects. */
const sample = async (kept: boolean): Promise<object> => {
  if (kept) collect();
  await session.post('HeapProfiler.startSampling', {
    samplingInterval: 1024,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: !kept,
  } as object);
  return {};
};

const ACTIONS: Readonly<Record<string, () => Promise<object>>> = {
  '/count': async () => {
    Object.assign(counts, { promises: 0, timers: 0, controllers: 0, listeners: 0 });
    hook.enable();
    return {};
  },
  '/counted': async () => {
    hook.disable();
    return counts;
  },
  '/sample': () => sample(false),
  '/sample-kept': () => sample(true),
  '/sampled': async () => {
    scavenge();
    const { profile } = await session.post('HeapProfiler.stopSampling');
    return { bytes: bytesOf(profile.head) };
  },
};
const control = await listen(
  createServer((req, res) => {
    void ACTIONS[req.url ?? '']?.().then((answer) => res.end(JSON.stringify(answer)));
  }),
);
process.stdout.write(`${url} ${control}\n`);
