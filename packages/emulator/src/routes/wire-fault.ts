import type { FaultReport } from '../faults.ts';

/** A fault as the control routes send it: its script, and how often it has met a request and struck. */
export function wireFault({ id, fault, seen, hits }: FaultReport): object {
  return { id, seen, hits, ...fault };
}
