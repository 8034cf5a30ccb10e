/**
 * Notifies waiting tests of changes. There is no polling: a check runs on a change, and only then.
 */
export interface Changes {
  /**
   * Announces that requests, records, bytes or sockets have changed; runs every waiting check before it returns.
   */
  notify(): void;
  /**
   * Resolves with the first value of `check` that is not undefined, null or false.
   * @throws Error after `timeoutMs`, with `describe()` in its message; whatever `check` throws, at once
   */
  waitFor<T>(check: () => T | undefined | false | null, options: WaitOptions): Promise<T>;
  /** Rejects every pending wait. */
  stop(): void;
}

/** How long to wait, what for, and the message on a timeout. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly description: string;
  readonly describe: () => string;
}

interface Waiter {
  /** True once it has settled. */
  look(): boolean;
  fail(reason: string): void;
}

/** Creates an emulator's channel for changes. */
export function createChanges(): Changes {
  const waiters = new Set<Waiter>();
  let looking = false;
  let again = false;

  /**
   * A check may itself cause a change (add a fault, say), so a change during a round means one more round, not
   * recursion.
   */
  function notify(): void {
    again = true;
    if (looking) return;
    looking = true;
    while (again) {
      again = false;
      for (const waiter of waiters) if (waiter.look()) waiters.delete(waiter);
    }
    looking = false;
  }

  function waitFor<T>(check: () => T | undefined | false | null, options: WaitOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiter = createWaiter(check, options, resolve, reject, () => waiters.delete(waiter));
      if (!waiter.look()) waiters.add(waiter);
    });
  }

  function stop(): void {
    for (const waiter of waiters) waiter.fail('the emulator was closed');
    waiters.clear();
  }

  return { notify, waitFor, stop };
}

function createWaiter<T>(
  check: () => T | undefined | false | null,
  options: WaitOptions,
  resolve: (value: T) => void,
  reject: (error: unknown) => void,
  leave: () => void,
): Waiter {
  const timer = setTimeout(() => {
    leave();
    fail(`it did not come within ${options.timeoutMs} ms`);
  }, options.timeoutMs);
  const fail = (reason: string): void => {
    clearTimeout(timer);
    reject(new Error(`Waited for ${options.description}: ${reason}.\n${options.describe()}`));
  };
  const look = (): boolean => {
    try {
      const value = check();
      if (value === undefined || value === null || value === false) return false;
      resolve(value);
    } catch (error) {
      reject(error);
    }
    clearTimeout(timer);
    return true;
  };
  return { look, fail };
}
