import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackages, run } from '../../nest/nest-project.ts';
import { createConsumer } from './consumer.ts';

let tarballs: ReadonlyMap<string, string>;
beforeAll(async () => {
  tarballs = await packPackages(['core', 'express', 'emulator']);
});
afterAll(async () => {
  const [tarball = ''] = [...tarballs.values()];
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
});

describe.each(['4.18.0', '^5.0.0'])('an application on Express %s with the packed packages', (range) => {
  let folder: string;
  beforeAll(async () => {
    folder = await createConsumer(tarballs, { express: range });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['express.mjs', 'express.cjs'])('uploads, refuses and ends (%s)', async (program) => {
    const printed = await run(folder, process.execPath, program);
    expect(JSON.parse(printed)).toEqual({
      stored: {
        status: 200,
        type: 'application/json; charset=utf-8',
        body: {
          title: 'Lake',
          image: expect.objectContaining({ mime_type: 'image/png', size_bytes: 70 }),
        },
      },
      refused: {
        status: 415,
        type: expect.stringMatching(/^application\/problem\+json/),
        body: expect.objectContaining({ code: 'UNSUPPORTED_IMAGE_TYPE', field: 'avatar' }),
      },
      streamed: 200,
      body: 200,
      sameBytes: [true, true, true],
      knowsOtherFormat: true,
    });
  });

  it.each(['core', 'core/adapter', 'express', 'emulator'])(
    'finds the same names by import and by require in @imgwire/%s',
    async (name) => {
      const sorted = 'console.log(JSON.stringify(Object.keys(found).sort()))';
      const imported = await run(
        folder,
        process.execPath,
        '--input-type=module',
        '--eval',
        `import * as found from '@imgwire/${name}'; ${sorted}`,
      );
      const required = await run(
        folder,
        process.execPath,
        '--eval',
        `const found = require('@imgwire/${name}'); ${sorted}`,
      );
      expect(JSON.parse(imported)).toEqual(JSON.parse(required));
    },
  );

  it('has the tarballs only, with every peer in its range', async () => {
    const tree = await run(folder, 'npm', 'ls', '--all', '--json');
    expect(tree).not.toMatch(/"resolved": "https?:[^"]+imgwire/);
  });
});
