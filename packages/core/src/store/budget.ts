import { type Signal, whenAborted } from '../base/cancellation.ts';
import { ImgwireUploadError } from '../base/errors.ts';

/** How many uploads run at once, and how long the others wait. */
export interface BudgetRules {
  /** Concurrent uploads. */
  readonly maxConcurrentUploads: number;
  /** Memory of the concurrent uploads, bytes. */
  readonly maxBufferedBytes: number;
  /** Uploads in the queue. */
  readonly maxQueuedUploads: number;
  /** Longest wait, milliseconds. */
  readonly queueTimeoutMs: number;
}

/** The budget that the uploads of a connection share. */
export interface Budget {
  /**
   * Takes a slot, or waits for one, first come first served. Returns a function that releases it, once.
   *
   * @param bytes memory that the upload will need, capped at the whole budget
   * @throws ImgwireUploadError `TOO_MANY_UPLOADS` when the queue is full, or the wait too long; the signal's reason
   */
  take(bytes: number, signal: Signal): (() => void) | Promise<() => void>;
}

interface Waiter {
  readonly cost: number;
  admit(): void;
}

/** Opens an unused budget. */
export function openBudget(rules: BudgetRules): Budget {
  const { maxConcurrentUploads, maxBufferedBytes, maxQueuedUploads, queueTimeoutMs } = rules;
  let uploads = 0;
  let bytes = 0;
  // A Set keeps the order, and can delete in the middle.
  const waiting = new Set<Waiter>();
  const fits = (cost: number): boolean => uploads < maxConcurrentUploads && bytes + cost <= maxBufferedBytes;
  const admitNext = (): void => {
    for (const waiter of waiting) {
      // Small ones must not overtake a large one at the head forever.
      if (!fits(waiter.cost)) return;
      waiter.admit();
    }
  };
  const grant = (cost: number): (() => void) => {
    uploads += 1;
    bytes += cost;
    let given = true;
    return () => {
      if (!given) return;
      given = false;
      uploads -= 1;
      bytes -= cost;
      admitNext();
    };
  };
  const busy = (): ImgwireUploadError =>
    new ImgwireUploadError('TOO_MANY_UPLOADS', { retryAfter: Math.ceil(queueTimeoutMs / 1000) });

  return {
    take: (wanted, signal) => {
      signal.throwIfAborted();
      const cost = Math.min(wanted, maxBufferedBytes);
      if (waiting.size === 0 && fits(cost)) return grant(cost);
      if (waiting.size >= maxQueuedUploads) throw busy();
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          clearTimeout(timer);
          removeListener();
          waiting.delete(waiter);
        };
        const waiter: Waiter = {
          cost,
          admit: () => {
            leave();
            resolve(grant(cost));
          },
        };
        const refuse = (reason: unknown): void => {
          leave();
          reject(reason);
          // It may have blocked the others.
          admitNext();
        };
        const timer = setTimeout(() => refuse(busy()), queueTimeoutMs);
        const removeListener = whenAborted(signal, refuse);
        waiting.add(waiter);
      });
    },
  };
}
