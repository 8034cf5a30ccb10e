import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { sample } from '../support/sample.ts';

const MIB = 1024 * 1024;
const soak = inject('soak');
/** Twice of what the process may grow by, or more. */
const bytes = (soak ? 300 : 64) * MIB;

let emulator: Emulator;
let child: Child;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'emulator-'));
  emulator = await startEmulator({ dir });
});
afterEach(async () => {
  await endChild(child);
  await emulator.close();
  await rm(dir, { recursive: true, force: true });
});

const HASH = { hashAlgorithm: 'sha256' } as const;
const CASES = [
  ['a Buffer', 'Buffer', false, {}],
  ['a view of an ArrayBuffer', 'view of an ArrayBuffer', true, {}],
  ['an ArrayBuffer, with its hash', 'ArrayBuffer', false, HASH],
  ['a Buffer', 'Buffer', true, HASH],
  ['a view of an ArrayBuffer', 'view of an ArrayBuffer', false, {}],
  ['an ArrayBuffer', 'ArrayBuffer', true, {}],
] as const;

it.each(sample(CASES))(
  `grows by less than 32 MiB while ${bytes / MIB} MiB of %s are uploaded (%s, over the SDK: %s, %j)`,
  async (_what, source, overSdk, input) => {
    const { url, apiKey } = emulator;
    child = await startChild('held-upload.ts', { url, apiKey, overSdk, source, bytes, input }, [
      // V8 lets its young generation grow under load.
      '--max-semi-space-size=4',
    ]);
    const [id = '', grown] = child.line.split(' ');
    expect(await emulator.images.bytes(id)).toHaveLength(bytes);
    console.info(`${source}: ${bytes / MIB} MiB: +${Math.round(Number(grown) / MIB)} MiB`);
    expect(Number(grown)).toBeLessThan(32 * MIB);
  },
);
