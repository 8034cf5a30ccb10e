/** Tells waiting tests of changes. Nothing polls: a check runs on a change, and only then. */
export interface Changes {
  /** Says that requests, records, bytes or sockets have changed. Runs every waiting check before it returns. */
  notify(): void;
  /**
   * Resolves with the first value of `check` that is not undefined, null or false.
   * @throws Error after `timeoutMs`, with `describe()` in its message; whatever `check` throws, at once
   */
  waitFor<T>(check: () => T | undefined | false | null, options: WaitOptions): Promise<T>;
  /** Rejects every pending wait. */
  stop(): void;
}

/** How long to wait, and what the message of a timeout says. */
export interface WaitOptions {
  readonly timeoutMs: number;
  readonly description: string;
  readonly describe: () => string;
}

interface Waiter {
  /** Runs the check. True once the wait has settled. */
  check(): boolean;
  fail(reason: string): void;
}

/** Creates the channel of an emulator. */
export function createChanges(): Changes {
  const waiters = new Set<Waiter>();
  let isChecking = false;
  let hasChanged = false;

  /** A check may itself cause a change, such as a new fault. That means one more round, not recursion. */
  function notify(): void {
    hasChanged = true;
    if (isChecking) return;
    isChecking = true;
    while (hasChanged) {
      hasChanged = false;
      for (const waiter of waiters) if (waiter.check()) waiters.delete(waiter);
    }
    isChecking = false;
  }

  function waitFor<T>(check: () => T | undefined | false | null, options: WaitOptions): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiter = createWaiter(check, options, resolve, reject, () => waiters.delete(waiter));
      if (!waiter.check()) waiters.add(waiter);
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
  onTimeout: () => void,
): Waiter {
  const timer = setTimeout(() => {
    onTimeout();
    fail(`it did not come within ${options.timeoutMs} ms`);
  }, options.timeoutMs);
  const fail = (reason: string): void => {
    clearTimeout(timer);
    reject(new Error(`Waited for ${options.description}: ${reason}.\n${options.describe()}`));
  };
  const run = (): boolean => {
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
  return { check: run, fail };
}
