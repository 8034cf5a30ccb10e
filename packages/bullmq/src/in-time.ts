const TIMEOUT_MS = 1_000;

/** Waits a second for Redis. @throws Error of Redis, or of this time */
export async function inTime<T>(work: Promise<T>, then = ''): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`Redis has not responded within ${TIMEOUT_MS} ms${then}`);
    timer = setTimeout(reject, TIMEOUT_MS, error);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
