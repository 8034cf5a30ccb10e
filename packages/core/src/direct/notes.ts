/**
 * One note for each direct upload, so that nothing is left behind and nothing stored is deleted: `open` until its completion, `storing`
 * while `onStored` runs, then `done`; or `sweeping` while its record is deleted. Each arrow is one atomic step, whichever process asks.
 *
 * `rollbackQueue().direct` of `@imgwire/bullmq` keeps them in Redis. Each method rejects if the notes cannot be reached.
 */
export interface DirectNotes {
  /**
   * Makes a note that is `open`, before the record is created. If there is one with this key, it stays as it is.
   *
   * @param key the idempotency key of the create call
   * @param openMs how long the upload may take. Then the record is deleted, whatever its status
   */
  issue(key: string, openMs: number): Promise<void>;
  /** Adds the record to the note. Without it the record is found by its key. */
  created(key: string, imageId: string): Promise<void>;
  /**
   * Takes the note: `open` becomes `storing` (`store`) or `sweeping` (`reject`). Of all that ask, one gets `ours`.
   *
   * The lease of what is `storing` is renewed until {@link DirectNotes.end}. Once it is over because its process is gone, another may
   * take the note.
   */
  begin(key: string, arrow: 'store' | 'reject'): Promise<NoteState>;
  /** Ends what {@link DirectNotes.begin} took: it is `done`, `open` once more, or the note is struck out. */
  end(key: string, to: 'done' | 'open' | 'struck'): Promise<void>;
}

/**
 * What became of a note: `ours`, taken by this call; `busy`, taken by another; `done` or `swept` before; `unknown`, there is none.
 */
export type NoteState = 'ours' | 'busy' | 'done' | 'swept' | 'unknown';
