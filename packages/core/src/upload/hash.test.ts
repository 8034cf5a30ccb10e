import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { resolveFileRules } from '../rules/resolve-rules.ts';
import { hashed } from './hash.ts';
import type { ReadChunk } from './upload-body.ts';

const reading = (...chunks: readonly Uint8Array[]): ReadChunk => {
  const rest = [...chunks];
  return async () => rest.shift();
};
const RULES = { ...resolveFileRules({}, 1), hashAlgorithm: 'sha256' } as const;

it('leaves the read as it is where the rules ask for no hash', () => {
  const read = reading();
  expect(hashed(read, resolveFileRules({}, 1)).read).toBe(read);
});

it('tells the hash once the end was read, however often', async () => {
  const { read, hash } = hashed(reading(Buffer.from('a'), Buffer.alloc(0), Buffer.from('bc')), RULES);
  for (let left = 3; left > 0; left--) {
    await read();
    expect(hash()).toEqual({});
  }
  for (let again = 0; again < 2; again++) {
    expect(await read()).toBeUndefined();
    expect(hash()).toEqual({ sha256: createHash('sha256').update('abc').digest('hex') });
  }
});

it('lets the event loop turn while it hashes a large chunk', async () => {
  const bytes = Buffer.alloc(3 * 1024 * 1024 + 1, 7);
  const { read, hash } = hashed(reading(bytes), RULES);
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  expect(await read()).toBe(bytes);
  expect(turned).toBe(true);
  await read();
  expect(hash()).toEqual({ sha256: createHash('sha256').update(bytes).digest('hex') });
});
