import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { FileRules } from '../rules/rules.ts';
import type { Read } from './content.ts';

/** The bytes of a file, hashed while they are read. */
export interface Hashed {
  readonly read: Read;
  /** In hex, of all bytes read; undefined before the end, and if the rules ask for none. */
  hash(): { readonly sha256?: string };
}

/** A larger chunk, such as a whole Buffer, is hashed in steps that yield to the event loop. */
const SLICE_BYTES = 1024 * 1024;

/** Hashes what is read, if the rules ask for it: each byte once, even if the file is sent more than once. */
export function hashed(read: Read, { hash: algorithm }: FileRules): Hashed {
  if (!algorithm) return { read, hash: () => ({}) };
  const hash = createHash(algorithm);
  let sha256: string | undefined;
  return {
    read: async () => {
      const chunk = await read();
      if (!chunk) sha256 ??= hash.digest('hex');
      for (let at = 0; chunk && at < chunk.length; at += SLICE_BYTES) {
        if (at > 0) await setImmediate();
        hash.update(chunk.subarray(at, at + SLICE_BYTES));
      }
      return chunk;
    },
    hash: () => (sha256 === undefined ? {} : { sha256 }),
  };
}
