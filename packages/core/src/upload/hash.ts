import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { chunksOf } from '../chunks.ts';
import type { FileRules } from '../rules/rules.ts';
import type { ReadChunk } from './upload-body.ts';

/** The reads of a file that hash its bytes. */
export interface Hashed {
  readonly read: ReadChunk;
  /** The hash of all bytes read, in hex. Empty before the end, and if the rules ask for none. */
  hash(): { readonly sha256?: string };
}

/** After so many bytes hashing yields to the event loop: the bytes of a Buffer are all there at once. */
const YIELD_BYTES = 1024 * 1024;

/** Hashes what is read, if the rules ask for it. Each byte is hashed once, even if the file is sent more than once. */
export function hashed(read: ReadChunk, { hashAlgorithm: algorithm }: FileRules): Hashed {
  if (!algorithm) return { read, hash: () => ({}) };
  const hash = createHash(algorithm);
  let sha256: string | undefined;
  let unyielded = 0;
  return {
    read: async () => {
      const chunk = await read();
      if (!chunk) sha256 ??= hash.digest('hex');
      for (const slice of chunk ? chunksOf(chunk, YIELD_BYTES) : []) {
        unyielded += slice.length;
        if (unyielded > YIELD_BYTES) {
          await setImmediate();
          unyielded = slice.length;
        }
        hash.update(slice);
      }
      return chunk;
    },
    hash: () => (sha256 === undefined ? {} : { sha256 }),
  };
}
