import { ImgwireUploadError } from '../base/errors.ts';

/** How much a process does at once, and how long the others wait. */
export interface BudgetRules {
  /** Uploads at once. */
  readonly maxConcurrentUploads: number;
  /** Memory of the uploads at once, bytes. */
  readonly maxBufferedBytes: number;
  /** Uploads that may wait. */
  readonly maxQueuedUploads: number;
  /** Longest wait, milliseconds. */
  readonly queueTimeoutMs: number;
}

/** What the uploads of a process share. */
export interface Budget {
  /**
   * Waits for a place, first come first served. What it answers gives the place back; calling it again does nothing.
   *
   * @param bytes memory that the upload will need; what is more than there is counts as all there is
   * @throws ImgwireUploadError `TOO_MANY_UPLOADS` when too many wait, or it took too long; the signal's reason
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void>;
}

interface Waiter {
  readonly cost: number;
  admit(): void;
}

/** Opens a budget of which nothing is taken. */
export function openBudget(rules: BudgetRules): Budget {
  const { maxConcurrentUploads, maxBufferedBytes, maxQueuedUploads, queueTimeoutMs } = rules;
  let uploads = 0;
  let bytes = 0;
  // A Set keeps the order, and lets go of one in the middle.
  const waiting = new Set<Waiter>();
  const fits = (cost: number): boolean => uploads < maxConcurrentUploads && bytes + cost <= maxBufferedBytes;
  const admitNext = (): void => {
    for (const waiter of waiting) {
      // A large one at the head is not passed by small ones for ever.
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
    take: async (wanted, signal) => {
      signal.throwIfAborted();
      const cost = Math.min(wanted, maxBufferedBytes);
      if (waiting.size === 0 && fits(cost)) return grant(cost);
      if (waiting.size >= maxQueuedUploads) throw busy();
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', onAbort);
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
          // It may have been the one that the others waited behind.
          admitNext();
        };
        const onAbort = (): void => refuse(signal.reason);
        const timer = setTimeout(() => refuse(busy()), queueTimeoutMs);
        signal.addEventListener('abort', onAbort, { once: true });
        waiting.add(waiter);
      });
    },
  };
}
