/** The photos of each user, in memory: your table of photos. */
export class Photos {
  readonly #idsOf = new Map<string, Set<string>>();

  /** Adds a photo, and returns which of the user's it is. A photo that is there stays the same one, as an upsert does it. */
  add(user: string, imageId: string): number {
    const ids = this.#idsOf.get(user) ?? new Set();
    this.#idsOf.set(user, ids.add(imageId));
    return [...ids].indexOf(imageId) + 1;
  }
}
