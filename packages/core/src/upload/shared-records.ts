import type { CreatedUpload } from './created-upload.ts';

/** The uploads of this process that have one record. */
interface Holders {
  /** The upload that was the first to have it. */
  readonly first: CreatedUpload;
  count: number;
  /** Whether one of them has stored the image before it gave it up. */
  isStored: boolean;
  deletion?: Promise<void>;
}

/**
 * The records of uploads with an `idempotencyKey` of the user. A client that sends its form again has the record of its first
 * attempt, which may still be in flight, or be rolled back at this moment. So the last upload that gives a record up deletes it,
 * and one whose client is told of the image never gives it up.
 */
export class SharedRecords {
  /** By the id of the image, for as long as an upload can be rolled back or discarded. */
  readonly #holders = new Map<string, WeakRef<Holders>>();
  readonly #collected = new FinalizationRegistry<string>((id) => {
    if (!this.#holders.get(id)?.deref()) this.#holders.delete(id);
  });

  /** Creates a record, and again if the one that comes is being deleted. @throws as `createRecord` */
  async create(createRecord: () => Promise<CreatedUpload>): Promise<CreatedUpload> {
    for (;;) {
      const created = await createRecord();
      const holders = this.#holders.get(created.image.id)?.deref();
      if (!holders?.deletion) return this.#hold(created, holders);
      await holders.deletion;
    }
  }

  #hold(created: CreatedUpload, known: Holders | undefined): CreatedUpload {
    // Stored by an upload that is long over, or of another process: nobody here deletes it.
    if (created.stored && !known) return created;
    const holders = known ?? this.#add(created);
    holders.count += 1;
    let givenUp: Promise<void> | undefined;
    const giveUp = async (isStored: boolean, isReplaced = false): Promise<void> => {
      holders.count -= 1;
      holders.isStored ||= isStored;
      if (holders.count === 0 || isReplaced) await this.#delete(holders);
    };
    return {
      ...created,
      rollback: (isReplaced) => (givenUp ??= giveUp(false, isReplaced)),
      discard: () => (givenUp ??= giveUp(true)),
    };
  }

  #add(first: CreatedUpload): Holders {
    const { id } = first.image;
    const holders: Holders = { first, count: 0, isStored: false };
    this.#holders.set(id, new WeakRef(holders));
    this.#collected.register(holders, id);
    return holders;
  }

  #delete(holders: Holders): Promise<void> {
    const { first, isStored } = holders;
    holders.deletion ??= (isStored ? first.discard() : first.rollback()).then(() => {
      this.#holders.delete(first.image.id);
    });
    return holders.deletion;
  }
}
