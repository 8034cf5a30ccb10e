import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../../${path}`, import.meta.url), 'utf8');

// The emulator is a package of its own, and people copy the examples: neither can load a file of the other.
it.each([
  ['look.css', ['packages/emulator', 'examples/demo', 'examples/signed-upload']],
  ['uploads.css', ['examples/demo', 'examples/signed-upload']],
])('%s is the same in each folder that has it', async (name, folders) => {
  const copies = await Promise.all(folders.map((folder) => read(`${folder}/page/${name}`)));
  expect(new Set(copies).size).toBe(1);
});
