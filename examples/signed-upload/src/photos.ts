/** The photos of each user, in memory: your table of photos. */
export class Photos {
  readonly #numbersOf = new Map<string, Map<string, number>>();
  #last = 0;

  /** Adds a photo, and returns its number. A photo that is there keeps its number, as an upsert does it. */
  add(user: string, imageId: string): number {
    const numbers = this.#numbersOf.get(user) ?? new Map<string, number>();
    this.#numbersOf.set(user, numbers);
    const number = numbers.get(imageId) ?? ++this.#last;
    numbers.set(imageId, number);
    return number;
  }

  /** Whether a photo is the user's. */
  has(user: string, imageId: string): boolean {
    return this.#numbersOf.get(user)?.has(imageId) ?? false;
  }

  /** Removes a photo of the user. */
  remove(user: string, imageId: string): void {
    this.#numbersOf.get(user)?.delete(imageId);
  }
}
