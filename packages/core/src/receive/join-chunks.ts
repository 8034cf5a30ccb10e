/** Joins small chunks. */
export interface ChunkJoiner {
  /** Passes a chunk on, at once or joined with others, in order. */
  add(chunk: Buffer): void;
  /** Passes on what is buffered. */
  flush(): void;
  /** Drops what is buffered. */
  drop(): void;
}

/** Smaller chunks are buffered. */
const SMALL_BYTES = 1024;
const MOST_BYTES = 16 * 1024;
const MOST_CHUNKS = 256;

/**
 * A chunk costs some 400 bytes of memory besides its own, and a pass through all the steps. A client that sends its body in
 * chunks of one byte (RFC 9112, section 7.1) would use a thousand times the memory of others. So small chunks are
 * joined, but for no longer than the turn of the event loop in which they arrived.
 */
export function joinChunks(pass: (chunk: Buffer) => void): ChunkJoiner {
  let waiting: Buffer[] = [];
  let size = 0;
  let turn: NodeJS.Immediate | undefined;
  const drop = (): void => {
    clearImmediate(turn);
    turn = undefined;
    waiting = [];
    size = 0;
  };
  const flush = (): void => {
    if (size === 0) return;
    const chunk = Buffer.concat(waiting);
    drop();
    pass(chunk);
  };
  return {
    add: (chunk) => {
      if (size === 0 && chunk.length >= SMALL_BYTES) return pass(chunk);
      waiting.push(chunk);
      size += chunk.length;
      if (size >= MOST_BYTES || waiting.length >= MOST_CHUNKS) flush();
      else turn ??= setImmediate(flush);
    },
    flush,
    drop,
  };
}
