import { afterReading } from './runtime.ts';

/**
 * Calls back after `ms` milliseconds, once what had arrived by then was read. Returns a function that cancels it.
 *
 * Timers run before sockets are read (libuv, "The I/O loop"). So a process that was paused, by its host, a debugger or a long
 * garbage collection, would blame others for its own silence.
 */
export function startTimeout(ms: number, callback: () => void): () => void {
  let stopReading: (() => void) | undefined;
  const timer = setTimeout(() => {
    stopReading = afterReading(callback);
  }, ms);
  return () => {
    clearTimeout(timer);
    stopReading?.();
  };
}
