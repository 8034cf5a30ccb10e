/** How the user ends an import early. */
export interface Stop {
  /** Aborts with the first Ctrl-C: nothing further is begun. */
  readonly gently: AbortSignal;
  /** Aborts with the second one: what is in work is given up. */
  readonly atOnce: AbortSignal;
}

/** npm passes Ctrl-C on to a process that has had it from the terminal already: so close together they are one. */
const ONE_PRESS_MS = 500;

/** Listens for Ctrl-C from now on. */
export function listenForStop(): Stop {
  const gently = new AbortController();
  const atOnce = new AbortController();
  let first: number | undefined;
  process.on('SIGINT', () => {
    first ??= performance.now();
    gently.abort();
    if (performance.now() - first > ONE_PRESS_MS) atOnce.abort();
  });
  return { gently: gently.signal, atOnce: atOnce.signal };
}

/** Passes items on until the signal aborts. */
export async function* until<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  for await (const item of items) {
    if (signal.aborted) return;
    yield item;
  }
}
