/** Runs at most so many tasks at once; the others wait for their turn. */
export function limit(most) {
  const waiting = [];
  let running = 0;

  return async (task) => {
    if (running === most) await new Promise((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place goes to the one that waits longest, and is free only if none does.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
