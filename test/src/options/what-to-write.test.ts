// What people write by mistake, and what they are told to write instead.

import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  type ImgwireImage,
  imageUrl,
  imgwireErrorHandler,
  imgwireStorage,
  imgwireUpload,
} from '@imgwire/express';
import { imgwire as fastifyImgwire } from '@imgwire/fastify';
import { ImgwireFileInterceptor, ImgwireModule, imgwireStorage as nestStorage } from '@imgwire/nestjs';
import { imgwireUpload as webUpload } from '@imgwire/web';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { image as makeImage } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { overRest } from '../support/upload-suite.ts';

const ID = 'e8f04186-4071-4f9d-a8e5-66c2ffa84bb8';
const CDN = `https://cdn.imgwire.dev/org/env/${ID}`;

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

describe('imageUrl()', () => {
  const write = /write imageUrl\(image\.cdn_url\)/;
  it.each<[string, unknown, RegExp]>([
    ['an id', ID, write],
    ['a record without its cdn_url', { id: ID }, write],
    ['nothing', undefined, write],
    ['null', null, write],
    ['a number', 5, write],
    ['a URL object', new URL(CDN), /write imageUrl\(url\.href\)/],
  ])('says what to write instead of %s', (_what, given, expected) => {
    const call = (): string => imageUrl(given as never, { width: 5 });
    expect(call).toThrow(TypeError);
    expect(call).toThrow(expected);
    expect(call).toThrow(/^imageUrl\(\) takes the record of an image, or its cdn_url/);
  });

  it('takes a record, and its cdn_url', () => {
    expect(imageUrl(CDN)).toBe(CDN);
    expect(imageUrl({ cdn_url: CDN }, { preset: 'medium' })).toBe(`${CDN}@medium`);
  });
});

describe('url() of an image', () => {
  let imgwire: Imgwire;
  let image: ImgwireImage;
  beforeAll(async () => {
    imgwire = createImgwire(overRest(emulator));
    image = await imgwire.upload({ file: await makeImage('image/png') });
  });
  afterAll(() => imgwire.close());

  it.each<[unknown, string]>([
    ['medium', "write { preset: 'medium' } instead of 'medium'"],
    ['width=300', 'such as { width: 300 }'],
    [null, 'such as { width: 300 }'],
    [[], 'such as { width: 300 }'],
    [['medium'], 'such as { width: 300 }'],
    [300, 'such as { width: 300 }'],
    [true, 'such as { width: 300 }'],
    [new URLSearchParams({ width: '300' }), 'such as { width: 300 }'],
    [new Map([['width', 300]]), 'such as { width: 300 }'],
  ])('says what to write instead of %j', (given, expected) => {
    for (const call of [() => image.url(given as never), () => imageUrl(image.cdn_url, given as never)]) {
      expect(call).toThrow(TypeError);
      expect(call).toThrow(`The transformations must be an object: ${expected}`.replace(': such', ', such'));
    }
  });

  it('takes no transformations, and undefined', () => {
    expect(image.url()).toBe(image.cdn_url);
    expect(image.url(undefined)).toBe(image.cdn_url);
  });
});

describe.each(TRANSPORTS)('a call over $transport', ({ connect }) => {
  let imgwire: Imgwire;
  let calls: number;
  beforeAll(() => {
    imgwire = createImgwire(connect(emulator));
    calls = emulator.requests.length;
  });
  afterAll(() => imgwire.close());

  const pages = (query: object) => imgwire.listPages(query).next();
  const all = (query: object) => imgwire.listAll(query).next();
  it.each<[string, () => Promise<unknown>, string | RegExp]>([
    [
      'list() of 1000',
      () => imgwire.list({ limit: 1000 }),
      'list(): option "limit" must be an integer from 1 to 100.',
    ],
    [
      'list() of 0',
      () => imgwire.list({ limit: 0 }),
      'list(): option "limit" must be an integer from 1 to 100.',
    ],
    [
      'list() of a text',
      () => imgwire.list({ limit: '50' as never }),
      /from 1 to 100: write 50 instead of '50'\.$/,
    ],
    [
      'listPages() of 101',
      () => pages({ limit: 101 }),
      'listPages(): option "limit" must be an integer from 1 to 100.',
    ],
    [
      'listAll() of 101',
      () => all({ limit: 101 }),
      'listAll(): option "limit" must be an integer from 1 to 100.',
    ],
    [
      'listAll() of a page',
      () => all({ page: 0 }),
      'listAll(): option "page" must be an integer that is at least 1.',
    ],
    [
      'bulkDelete() of an id',
      () => imgwire.bulkDelete('abc' as never),
      "bulkDelete(): the ids of the images must be an array: write bulkDelete(['…']).",
    ],
    [
      'bulkDelete() of nothing',
      () => imgwire.bulkDelete(undefined as never),
      /^bulkDelete\(\): .* must be an array\.$/,
    ],
    [
      'createBulkDownloadJob() of none',
      () => imgwire.createBulkDownloadJob([]),
      'createBulkDownloadJob(): the ids of the images must be an array that is not empty.',
    ],
    [
      'waitUntilReady() for a number',
      () => imgwire.waitUntilReady(ID, 5000 as never),
      'waitUntilReady(): the options must be an object, such as { timeoutMs }.',
    ],
    [
      'waitUntilDownloadReady() for a number',
      () => imgwire.waitUntilDownloadReady(ID, 5000 as never),
      'waitUntilDownloadReady(): the options must be an object, such as { timeoutMs }.',
    ],
    [
      'waitUntilReady() with a signal itself',
      () => imgwire.waitUntilReady(ID, new AbortController().signal as never),
      /^waitUntilReady\(\): the options must be an object/,
    ],
    [
      'upload() of a promise',
      () => imgwire.upload({ file: Promise.resolve(Buffer.from('a')) as never }),
      /"file" must be a Buffer, .* or web stream, not a promise: write await\.$/,
    ],
    [
      'upload() with metadata',
      () => imgwire.upload({ file: Buffer.from('a'), metadata: { album: 'x' } } as never),
      /unknown option "metadata"; write customMetadata or purpose instead\.$/,
    ],
    [
      'uploadViaUrl() with metadata',
      () => imgwire.uploadViaUrl({ url: CDN, metadata: {} } as never),
      /unknown option "metadata"; write customMetadata or purpose instead\.$/,
    ],
  ])('%s is a TypeError that says what to write', async (_what, call, message) => {
    const failure: unknown = await call().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TypeError);
    expect((failure as Error).message).toMatch(message);
    expect(emulator.requests).toHaveLength(calls);
  });

  it('takes an empty list of ids to delete, and pages of 100', async () => {
    await imgwire.bulkDelete([]);
    expect((await imgwire.list({ limit: 100 })).pagination.limit).toBe(100);
    calls = emulator.requests.length;
  });
});

it('imgwireErrorHandler() takes no options', () => {
  const make = imgwireErrorHandler as (options?: unknown) => unknown;
  const message =
    'imgwireErrorHandler(): it takes no options; what it logs goes to the `logger` of the instance.';
  expect(() => make({ log: true })).toThrow(new TypeError(message));
  expect(() => make({})).toThrow(new TypeError(message));
  expect(make(undefined)).toBeTypeOf('function');
});

/** The options of an upload, where each adapter takes them. */
const FACTORIES: ReadonlyArray<[string, (options: object) => Promise<unknown>]> = [
  ['Express', async (options) => imgwireUpload({ apiKey: 'sk_x', ...options })],
  ['web', async (options) => webUpload({ apiKey: 'sk_x', ...options })],
  [
    'Fastify',
    async (options) => {
      const app = fastify();
      await app.register(fastifyImgwire, { apiKey: 'sk_x', ...options });
      await app.close();
    },
  ],
  ...NEST_PLATFORMS.map(([name, adapter]): [string, (options: object) => Promise<unknown>] => [
    `Nest on ${name}`,
    async (options) => {
      const app = await createNest(
        { imports: [ImgwireModule.forRoot({ apiKey: 'sk_x', ...options })] },
        adapter(),
      );
      await app.close();
    },
  ]),
];

describe.each(FACTORIES)('the options of multer on %s', (_name, make) => {
  it.each<[object, RegExp]>([
    [{ defParamCharset: 'utf8' }, /unknown option "defParamCharset"; leave it out: names are UTF-8\.$/],
    [{ preservePath: true }, /unknown option "preservePath"; leave it out: a name never has a path\.$/],
    [
      { limits: { headerPairs: 20 } },
      /unknown option "limits\.headerPairs"; leave it out: headers are limited to 16 KiB\.$/,
    ],
    [
      { accept: 'image/*' },
      /"accept" must be an array .*: for all of them leave `accept` out instead of 'image\/\*'\.$/,
    ],
    [{ accept: '.png' }, /"accept" must be an array of .*: write 'image\/png' instead of '\.png'\.$/],
    [
      { accept: 'image/png' },
      /"accept" must be an array .*: write \['image\/png'\] instead of 'image\/png'\.$/,
    ],
  ])('%j are told what to write', async (options, message) => {
    await expect(make(options)).rejects.toThrow(message);
  });
});

describe('an option of another place', () => {
  const routes: ReadonlyArray<[string, (rules: object) => unknown]> = [
    ['Express', (rules) => imgwireUpload({ apiKey: 'sk_x' }).single('a', rules)],
    ['web', (rules) => webUpload({ apiKey: 'sk_x' }).single('a', rules)],
  ];
  it.each(routes)('belongs to the connection, not to a route of %s', (_name, make) => {
    for (const name of ['imgwire', 'apiKey', 'maxConcurrentUploads'])
      expect(() => make({ [name]: 5 })).toThrow(
        /unknown option "\w+"; it belongs to the instance, not to a route: write it in imgwireUpload\(\), or where the plugin or the module is registered\.$/,
      );
  });

  it('belongs to the connection, not to a route of Fastify', async () => {
    const app = fastify();
    await app.register(fastifyImgwire, { apiKey: 'sk_x' });
    expect(() => app.imgwire.single('a', { apiKey: 'sk_y' } as never)).toThrow(
      /unknown option "apiKey"; it belongs to the instance, not to a route: write it in imgwireUpload\(\), or where the plugin or the module is registered\.$/,
    );
    await app.close();
  });

  it.each(NEST_PLATFORMS)(
    'belongs to the connection, not to an interceptor of Nest on %s',
    async (_name, adapter) => {
      class Routes {
        save(): void {}
      }
      UseInterceptors(ImgwireFileInterceptor('a', { apiKey: 'sk_y' } as never))(
        Routes.prototype,
        'save',
        Object.getOwnPropertyDescriptor(Routes.prototype, 'save') as PropertyDescriptor,
      );
      Post()(
        Routes.prototype,
        'save',
        Object.getOwnPropertyDescriptor(Routes.prototype, 'save') as PropertyDescriptor,
      );
      Controller()(Routes);
      const started = createNest(
        { imports: [ImgwireModule.forRoot({ apiKey: 'sk_x' })], controllers: [Routes] },
        adapter(),
      );
      await expect(started).rejects.toThrow(
        /unknown option "apiKey"; it belongs to the instance, not to a route: write it in imgwireUpload\(\), or where the plugin or the module is registered\.$/,
      );
    },
  );

  it.each([
    ['Express', imgwireStorage],
    ['Nest', nestStorage],
  ])('belongs to multer(), not to the storage of %s', (_name, make) => {
    for (const options of [{ limits: { fileSize: 5 } }, { defParamCharset: 'utf8' }, { preservePath: true }])
      expect(() => make({ apiKey: 'sk_x', ...options } as never)).toThrow(
        /unknown option "(limits|defParamCharset|preservePath)"; it belongs to multer\(\) itself, beside `storage`\.$/,
      );
  });
});
