import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';

/** What has happened to a request, and how many milliseconds after its beginning. */
export interface Step {
  readonly event: string;
  readonly what: string;
  readonly ms?: number;
}

/** The steps of an upload, as they are shown before there was one. */
export const STEPS: readonly Step[] = [
  { event: 'imgwire:upload:started', what: 'Type and length known' },
  { event: 'imgwire:upload:created', what: 'Record created' },
  { event: 'imgwire:request:received', what: 'Form received' },
  { event: 'imgwire:upload:put', what: 'Bytes at Imgwire' },
  { event: 'imgwire:upload:stored', what: 'Stored' },
];

const requests = new AsyncLocalStorage<{ readonly startedAt: number; readonly steps: Map<string, Step> }>();

// Events are published in the async context of their request.
for (const step of STEPS) {
  subscribe(step.event, () => {
    const { startedAt = 0, steps } = requests.getStore() ?? {};
    const ms = Math.round((performance.now() - startedAt) * 10) / 10;
    // Of several files, the last one to come so far; at the end, so that the steps are in order.
    steps?.delete(step.event);
    steps?.set(step.event, { ...step, ms });
  });
}

/** Calls a function, in which and after which `recordedSteps()` has what happened since. */
export function recordSteps<T>(call: () => T): T {
  return requests.run({ startedAt: performance.now(), steps: new Map() }, call);
}

/** What has happened to this request so far. */
export function recordedSteps(): readonly Step[] {
  return [...(requests.getStore()?.steps.values() ?? [])];
}
