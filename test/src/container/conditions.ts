/** What a server is started under. */
export interface Condition {
  /** As the head of a column. */
  readonly name: string;
  /** `--max-old-space-size`, MB. */
  readonly heap?: number;
  /** `ulimit -n`. */
  readonly descriptors?: number;
  /**
   * In a container: a root file system that cannot be written, and a user that is not root. What is its temporary folder: nothing,
   * as there is no `/tmp`; 64 MB of memory at `/tmp`, empty or full; or a folder of the disk, at `TMPDIR`.
   */
  readonly folder?: Folder;
  /** `server.maxConnections`. */
  readonly maxConnections?: number;
}

/** What `enter.sh` knows. */
export type Folder = 'none' | 'memory' | 'full' | 'volume';

const HEAP = { heap: 64 };
const DESCRIPTORS = { descriptors: 256 };

/** Every condition alone, and all of them together: without what helps, and with it. */
export const CONDITIONS: readonly Condition[] = [
  { name: 'none of them' },
  { name: 'heap of 64 MB', ...HEAP },
  { name: '`ulimit -n 256`', ...DESCRIPTORS },
  { name: 'read-only, no `/tmp`', folder: 'none' },
  { name: 'read-only, `/tmp` of 64 MB', folder: 'memory' },
  { name: 'read-only, `/tmp` full', folder: 'full' },
  { name: 'all, no `/tmp`', ...HEAP, ...DESCRIPTORS, folder: 'none' },
  { name: 'all, with the advice', ...HEAP, ...DESCRIPTORS, folder: 'volume', maxConnections: 65 },
];
