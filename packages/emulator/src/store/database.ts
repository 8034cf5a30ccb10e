import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** One change of the database: put a value under a key, or delete a key. */
export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** Entries on the disk. The tables in memory are the working copy. */
export interface Database {
  /** All entries. */
  load(): Promise<[key: string, value: string][]>;
  /**
   * Resolves when the operations are on the disk, all of them or none. Later calls never overtake earlier ones.
   */
  write(operations: readonly Operation[]): Promise<void>;
  close(): Promise<void>;
}

/** A database that stores nothing, for state in memory. */
export function createMemoryDatabase(): Database {
  return { load: async () => [], write: async () => {}, close: async () => {} };
}

/**
 * A LevelDB below `dir`.
 *
 * classic-level: the Level organisation maintains it, its npm package has prebuilt binaries for every
 * platform, so that nothing is downloaded or compiled at install, and a sync write is one fsync of its log. LevelDB locks
 * its folder, so two emulators cannot share one by accident.
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
 * Group commit: writes during one fsync go into the next one together. A thousand parallel
 * uploads then cost tens of syncs, not thousands.
 */
function groupWrites(commit: (operations: Operation[]) => Promise<void>): Database['write'] {
  let open: { operations: Operation[]; done: Promise<void> } | undefined;
  let last: Promise<void> = Promise.resolve();
  return (operations) => {
    if (!open) {
      const group = { operations: [] as Operation[], done: Promise.resolve() };
      // A failed group fails its own callers only.
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
