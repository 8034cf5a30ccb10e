import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackages, run } from '../../nest/nest-project.ts';
import { createConsumer } from './consumer.ts';

let tarballs: ReadonlyMap<string, string>;
beforeAll(async () => {
  tarballs = await packPackages(['core', 'fastify', 'emulator']);
});
afterAll(async () => {
  const [tarball = ''] = [...tarballs.values()];
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
});

describe.each(['5.0.0', '^5.0.0'])('an application on Fastify %s with the packed packages', (range) => {
  let folder: string;
  beforeAll(async () => {
    folder = await createConsumer(tarballs, { fastify: range });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['fastify.mjs', 'fastify.cjs'])('uploads, refuses and ends (%s)', async (program) => {
    expect(JSON.parse(await run(folder, process.execPath, program))).toMatchObject({
      stored: { status: 200, body: { image: { mime_type: 'image/png' }, body: { title: 'Lake' } } },
      refused: {
        status: 415,
        type: 'application/problem+json; charset=utf-8',
        body: { code: 'UNSUPPORTED_IMAGE_TYPE' },
      },
      body: 200,
      images: 2,
      sameExport: true,
    });
  });
});
