import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from './nest-project.ts';

const folder = fileURLToPath(new URL('../../../examples/nestjs/', import.meta.url));

it('the gallery example passes its tests in Jest with ts-jest, and its types are right', async () => {
  expect(await run(folder, process.execPath, 'node_modules/jest/bin/jest.js')).toMatch(
    /Tests: +11 passed, 11 total/,
  );
  await run(folder, process.execPath, 'node_modules/typescript/bin/tsc', '--noEmit');
});
