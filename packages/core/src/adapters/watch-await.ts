/** A promise that knows whether anybody has it: `await`, `return` in an async function, and all of its methods call `then()`. */
class WatchedPromise<T> extends Promise<T> {
  isHad: boolean = false;

  /** What is chained to it is a promise like any other. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  override then<A = T, B = never>(
    onResolved?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isHad = true;
    return super.then(onResolved, onRejected);
  }
}

/**
 * Makes a function that gives on the promises of a call which is easily forgotten. If one fails and nobody has it, that does not
 * end the process, which any client could bring about: it is a warning of the process, the first time, `IMGWIRE_NOT_AWAITED`.
 *
 * @param call as it is written, for the warning: `receive()`
 */
export function watchAwait(call: string): <T>(work: Promise<T>) => Promise<T> {
  let isSaid = false;
  const warn = (error: unknown): void => {
    if (isSaid) return;
    isSaid = true;
    const message = `${call}: its promise was not awaited, and has failed; write await in front of the call.`;
    process.emitWarning(message, { code: 'IMGWIRE_NOT_AWAITED', detail: String(error) });
  };
  return <T>(work: Promise<T>) => {
    const watched = new WatchedPromise<T>((resolve, reject) => {
      work.then(resolve, reject);
    });
    // Not its own `then()`. Who returns it from an async function has it only after this turn of the microtasks.
    void Promise.prototype.then.call(watched, undefined, (error: unknown) =>
      setImmediate(() => {
        if (!watched.isHad) warn(error);
      }),
    );
    return watched;
  };
}
