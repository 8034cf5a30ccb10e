import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackages, run } from '../../nest/nest-project.ts';
import { createConsumer } from './consumer.ts';

const PACKAGES = {
  '@hono/node-server': '^2.0.0',
  '@nestjs/common': '^11.0.0',
  '@nestjs/core': '^11.0.0',
  '@nestjs/platform-express': '^11.0.0',
  '@nestjs/platform-fastify': '^11.0.0',
  express: '^5.0.0',
  fastify: '^5.0.0',
  hono: '^4.0.0',
  'reflect-metadata': '^0.2.0',
  rxjs: '^7.0.0',
  zod: '^4.0.0',
};

const BODY = { title: 'Lake', rating: 5 };
const LAKE = { originalname: 'lake.jpg', width: 96, height: 64, orientation: 6 };
const VIRUS = { field: 'photos', fileName: 'virus.jpg' };
const SMALL = { field: 'photos', fileName: 'small.png' };

/** The problem details of a rejection. */
const problem = (code: string, detail: string, about: object = {}): object => ({
  status: 422,
  json: { title: 'Unprocessable Entity', status: 422, code, detail, ...about },
  left: [],
});
const refused = (about?: object): object => ({
  ...problem('SCAN_REFUSED', 'It has a virus.', about),
  created: true,
});
const tooSmall = (about?: object): object => ({
  ...problem('IMAGE_TOO_SMALL', 'The image is 4 pixels wide; at least 8 are needed.', about),
  created: false,
});
const stored = (json: object, ...left: readonly string[]): object => ({
  status: 200,
  json: { rejected: [], ...json },
  created: true,
  left,
});
const INVALID = {
  ...problem('INVALID_FORM', 'The fields of the form are not valid.', {
    issues: ['title', 'rating'].map((name) => ({ path: [name], message: expect.any(String) })),
  }),
  created: false,
};

/** What the requests of the program come to, whatever the adapter. */
const OUTCOMES = {
  kept: stored(
    {
      files: [LAKE],
      rejected: [
        { code: 'IMAGE_TOO_SMALL', ...SMALL },
        { code: 'SCAN_REFUSED', ...VIRUS },
      ],
      body: BODY,
    },
    'lake.jpg',
  ),
  scanned: refused(VIRUS),
  small: tooSmall(SMALL),
  invalid: INVALID,
  invalidWhileSkipping: INVALID,
  body: stored({ files: [LAKE] }, 'lake.jpg'),
  largeBody: stored({ files: [{ originalname: 'lake.png', width: 96, height: 64 }] }, 'lake.png'),
  scannedBody: refused(),
  smallBody: tooSmall(),
};

describe('the rules around an upload, with the packed packages', () => {
  let tarballs: ReadonlyMap<string, string>;
  let folder: string;
  beforeAll(async () => {
    tarballs = await packPackages(['core', 'express', 'fastify', 'web', 'nestjs', 'emulator']);
    folder = await createConsumer(tarballs, PACKAGES);
  });
  afterAll(async () => {
    const [tarball = ''] = [...tarballs.values()];
    await rm(dirname(tarball.replace('file:', '')), { recursive: true });
    await rm(folder, { recursive: true });
  });

  const outcome = async (name: string): Promise<unknown> =>
    JSON.parse(await run(folder, process.execPath, 'around.mjs', name));

  it.concurrent.each(['express', 'fastify', 'web', 'nest-express', 'nest-fastify'])(
    'come to the same with every adapter (%s)',
    async (adapter) => {
      expect(await outcome(adapter)).toEqual(OUTCOMES);
    },
  );

  it.concurrent('hold for what the backend uploads and reads', async () => {
    expect(await outcome('backend')).toEqual({
      rejected: { type: 'UNSUPPORTED_IMAGE_TYPE', size: 'LIMIT_FILE_SIZE', pixels: 'TOO_MANY_PIXELS' },
      left: 0,
      allowed: 'stored',
      limited: 'ACCOUNT_LIMIT_REACHED',
      origins: [],
      domain: null,
      uploads: 1,
      widths:
        'https://cdn.imgwire.dev/a?format=auto&width=320 320w, https://cdn.imgwire.dev/a?format=auto&width=500 500w',
    });
  });
});
