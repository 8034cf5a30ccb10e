/** The turn of one file of a form, for which another may wait. A class, since every file has one. */
export class Turn {
  hasEnded: boolean = false;
  #onEnd: (() => void) | undefined;

  readonly end = (): void => {
    this.hasEnded = true;
    this.#onEnd?.();
  };

  /** Resolves at its end; one call. */
  untilEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }
}
