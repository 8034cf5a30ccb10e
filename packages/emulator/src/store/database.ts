import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One change of the database: a value to keep under a key, or a key to forget. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/**
 * Keeps key and value pairs; the tables in memory are the working copy, this is what outlives the process.
 */
export interface Database {
  /** Everything that is kept. */
  load(): Promise<[key: string, value: string][]>;
  /**
   * Resolves when the operations are on the disk, all of them or none. Later calls never overtake earlier
   * ones.
   */
  write(operations: readonly Operation[]): Promise<void>;
  close(): Promise<void>;
}

/** A database that keeps nothing, for state in memory. */
export function createMemoryDatabase(): Database {
  return { load: async () => [], write: async () => {}, close: async () => {} };
}

/**
 * A LevelDB below `dir`.
 *
 * classic-level: the Level organisation keeps it up, its npm package carries the binaries for every
 * platform, so that
 * nothing is downloaded or compiled at install, and a sync write is one fsync of its log. LevelDB locks its
 * folder, so
 * two emulators cannot share one by accident.
 * @throws Error when another process has the folder open
 */
export async function openFolderDatabase(dir: string): Promise<Database> {
  const { ClassicLevel } = await import('classic-level');
  await mkdir(dir, { recursive: true });
  const level = new ClassicLevel(join(dir, 'records'));
  try {
    await level.open();
  } catch (error) {
    throw new Error(
      'The state folder cannot be opened: is another emulator using it? Stop that one, or give this one another `dir`.',
      { cause: error },
    );
  }
  return {
    load: () => level.iterator().all(),
    write: groupWrites((operations) => level.batch([...operations], { sync: true })),
    close: () => level.close(),
  };
}

/**
 * Group commit: what is asked for during one fsync goes into the next one together. A thousand parallel
 * uploads then cost tens of syncs, not thousands.
 */
function groupWrites(commit: (operations: Operation[]) => Promise<void>): Database['write'] {
  let open: { operations: Operation[]; done: Promise<void> } | undefined;
  let last: Promise<void> = Promise.resolve();
  return (operations) => {
    if (!open) {
      const group = { operations: [] as Operation[], done: Promise.resolve() };
      // A failed group fails its own callers; the next group still gets its chance.
      group.done = last
        .catch(() => undefined)
        .then(() => {
          open = undefined;
          return commit(group.operations);
        });
      last = group.done;
      open = group;
    }
    open.operations.push(...operations);
    return open.done;
  };
}
