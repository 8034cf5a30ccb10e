/** Runs at most so many tasks at once; the others are queued. */
export function limit(most) {
  const waiting = [];
  let running = 0;

  return async (task) => {
    if (running === most) await new Promise((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The slot goes to the task that has waited longest, and is free only if none waits.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
