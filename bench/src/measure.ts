import { readFileSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a server process used between the beginning and the end of a run. */
export interface Usage {
  /** User and system, of all threads. */
  readonly cpuMs: number;
  /** Largest resident memory above that at the beginning. */
  readonly peakRssMiB: number;
  /** The same with what there was at the beginning. */
  readonly wholeRssMiB: number;
  readonly stallMs: number;
}

const SAMPLE_MS = 10;
const MIB = 1024 * 1024;

/**
 * Begins to measure this process; what it answers ends that.
 *
 * @param collect whether to collect garbage first: idle memory is what is left then. It also discards compiled code that depends on
 *   what was collected, so nothing but memory is measured after it
 */
export function measure(collect: boolean): () => Usage {
  if (collect) globalThis.gc?.();
  const idle = process.memoryUsage.rss();
  const peak = watchPeak();
  const delays = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  delays.enable();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    delays.disable();
    // The histogram holds the time between two turns of a timer.
    const stallMs = Math.max(0, delays.max / 1e6 - SAMPLE_MS);
    const highest = peak();
    return {
      ...{ cpuMs: (user + system) / 1000, stallMs },
      ...{ peakRssMiB: (highest - idle) / MIB, wholeRssMiB: highest / MIB },
    };
  };
}

/** Bytes of the highest resident memory since now. */
function watchPeak(): () => number {
  try {
    // Linux keeps the mark itself; 5 sets it back (proc(5), clear_refs).
    writeFileSync('/proc/self/clear_refs', '5');
    return highWaterMark;
  } catch {
    let highest = process.memoryUsage.rss();
    const sampling = setInterval(() => {
      highest = Math.max(highest, process.memoryUsage.rss());
    }, SAMPLE_MS);
    return () => {
      clearInterval(sampling);
      return highest;
    };
  }
}

const highWaterMark = (): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
