/** How the user stops an import. */
export interface Stop {
  /** Aborts on the first Ctrl-C: no further item is started. */
  readonly gently: AbortSignal;
  /** Aborts on the second one: items in flight are aborted. */
  readonly atOnce: AbortSignal;
}

/** npm forwards a Ctrl-C that the process already got from the terminal: two so close together are one. */
const ONE_PRESS_MS = 500;

/** Starts to listen for Ctrl-C. */
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
