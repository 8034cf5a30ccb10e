import type { Worker } from 'bullmq';

const FIRST_MS = 250;
const LONGEST_MS = 30_000;
/** An error of Redis itself begins with a word in capitals, such as OOM or READONLY. */
const REJECTED = /^[A-Z]{2,} /;

const watched = new WeakSet<Worker>();

/**
 * Pauses a worker whenever Redis rejects a command, for instance because its memory is full. Each pause is twice as long, until the
 * worker gets a job. BullMQ itself asks again at once, with an `error` event each time. A second call does nothing.
 */
export function backOff(worker: Worker): void {
  if (watched.has(worker)) return;
  watched.add(worker);
  let waitMs = FIRST_MS;
  let timer: NodeJS.Timeout | undefined;
  const resume = (): void => {
    timer = undefined;
    if (worker.closing) return;
    // The first releases of BullMQ 5 do not resume before the jobs of the pause are over.
    void worker.resume();
    if (worker.isPaused()) timer = setTimeout(resume, FIRST_MS).unref();
  };
  worker.on('error', (error) => {
    // BullMQ logs it if nobody listens, and we listen.
    if (worker.listenerCount('error') === 1) console.error(error);
    if (timer || worker.closing || worker.isPaused() || !REJECTED.test(error.message)) return;
    timer = setTimeout(resume, waitMs).unref();
    waitMs = Math.min(2 * waitMs, LONGEST_MS);
    worker.pause(true).catch((failure: Error) => worker.emit('error', failure));
  });
  worker.on('active', () => {
    waitMs = FIRST_MS;
  });
  worker.on('closing', () => clearTimeout(timer));
}
