import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

// The emulator is a package of its own: it cannot load a file of the examples.
it('the page of the emulator has the look of the examples', async () => {
  expect(await read('packages/emulator/page/look.css')).toBe(await read('examples/shared/look.css'));
});
