import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  imgwireErrorHandler,
  imgwireStorage,
  imgwireUploadViaUrl,
  type UploadMetadata,
} from '@imgwire/express';
import express5 from 'express';
import express4 from 'express4';
import multer from 'multer';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { casesFor } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

/** What a page of forms and a `metadata` of one line make of a client's words. */
const labelled = (_req: unknown, { fields }: { readonly fields: object }): UploadMetadata =>
  fields as UploadMetadata;

const text = (name: string, value: string): Part => ({ name, value });

/** Forms whose fields are no labels, and what the client is told. */
const WRONG: readonly [string, Part[], RegExp][] = [
  ['nested', [text('customMetadata[a][b]', 'x')], /customMetadata must be a flat object/],
  ['a list', [text('customMetadata[a][]', 'x')], /customMetadata must be a flat object/],
  ['a list at the top', [text('customMetadata[]', 'x')], /customMetadata must be a flat object/],
  ['a text', [text('customMetadata', 'x')], /customMetadata must be a flat object/],
  ['too long a purpose', [text('purpose', 'x'.repeat(256))], /purpose must be a string of 1 to 255/],
  ['an empty purpose', [text('purpose', '')], /purpose must be a string of 1 to 255/],
  ['a list of purposes', [text('purpose', 'a'), text('purpose', 'b')], /purpose must be a string/],
  ['too long a key', [text('idempotencyKey', 'x'.repeat(256))], /idempotencyKey must be a string of 1/],
  ['an empty name', [text('fileName', '')], /fileName must be a string that is not empty/],
];

/** Forms whose fields are labels. */
const RIGHT: readonly [string, Part[], object][] = [
  ['none', [], { custom_metadata: {}, purpose: null }],
  [
    'flat',
    [text('customMetadata[a]', 'x'), text('customMetadata[__proto__]', 'y')],
    { custom_metadata: { a: 'x' } },
  ],
  // The service counts characters, and a cat is one.
  [
    '255 characters beyond the basic plane',
    [text('purpose', '🐈'.repeat(255))],
    { purpose: '🐈'.repeat(255) },
  ],
  ['a long name', [text('fileName', 'x'.repeat(10_000))], { original_filename: 'x'.repeat(10_000) }],
];

const isRefused = (answer: Answer, message: RegExp): void => {
  expect(answer.json, answer.text).toMatchObject({ status: 400, code: 'INVALID_METADATA' });
  expect(answer.json.detail).toMatch(message);
  expect(answer.status).toBe(400);
};

describe.each(TARGETS)('labels out of a form through $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  let photo: Part;
  let metadata: (req: unknown, file: { readonly fields: object }) => UploadMetadata;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start({ ...overRest(emulator), metadata: (req, file) => metadata(req, file) });
    photo = { name: 'photo', fileName: 'a.png', bytes: await imageOfSize('image/png', 400_000) };
  });
  beforeEach(() => {
    metadata = labelled;
    return emulator.reset();
  });
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });
  const post = (...parts: Part[]): Promise<Answer> => postForm(`${app.url}/any`, [...parts, photo]);

  it.each(casesFor(target, WRONG))(
    'are refused as the fault of the client: %s',
    async (_name, parts, message) => {
      const answer = await post(...parts);
      isRefused(answer, message);
      expect(answer.json).toMatchObject({ field: 'photo', fileName: 'a.png' });
      expect(emulator.requests).toEqual([]);
    },
  );

  it.each(casesFor(target, RIGHT))('are taken: %s', async (_name, parts, record) => {
    const answer = await post(...parts);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json.images).toMatchObject([record]);
  });

  it('may be of a field that the client left out', async () => {
    metadata = (_req, { fields }) =>
      ({ customMetadata: { title: (fields as { title?: string }).title, n: 1 } }) as UploadMetadata;
    const answer = await post();
    expect(answer.json.images, answer.text).toMatchObject([{ custom_metadata: { n: 1 } }]);
  });

  it('are a fault of the program where their name is none', async () => {
    metadata = () => ({ purposes: 'x' }) as UploadMetadata;
    expect((await post()).status).toBe(500);
    expect(app.errors.at(-1)).toBeInstanceOf(TypeError);
    expect(String(app.errors.at(-1))).toMatch(/unknown option "purposes"; did you mean "purpose"\?$/);
  });
});

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('labels out of a request on %s', (_name, express) => {
  let emulator: Emulator;
  let url: string;
  let close: () => void;
  beforeAll(async () => {
    emulator = await startEmulator();
    const connection = overRest(emulator);
    const app = express();
    const storage = imgwireStorage({ ...connection, metadata: labelled });
    app.post(
      '/engine',
      multer({ storage: storage as unknown as multer.StorageEngine }).any(),
      (_req, res) => {
        res.json({});
      },
    );
    const allowedHosts = ['images.example.com'];
    const metadata = (req: express5.Request): UploadMetadata => req.body.labels;
    app.post('/import', imgwireUploadViaUrl({ ...connection, allowedHosts, metadata }), (_req, res) => {
      res.json({});
    });
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    url = await listen(server);
    close = () => {
      server.closeAllConnections();
      server.close();
    };
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    close();
    await emulator.close();
  });

  it.each(WRONG)('are refused behind the multer of the user: %s', async (_name, parts, message) => {
    const photo = { name: 'photo', fileName: 'a.png', bytes: await imageOfSize('image/png', 1000) };
    const answer = await postForm(`${url}/engine`, [...parts, photo]);
    isRefused(answer, message);
    expect(emulator.requests).toEqual([]);
  });

  it.each([
    [{ customMetadata: { a: { b: 'x' } } }, /customMetadata must be a flat object/],
    [{ customMetadata: ['x'] }, /customMetadata must be a flat object/],
    [{ purpose: 5 }, /purpose must be a string of 1 to 255/],
  ])('are refused for an import: %j', async (labels, message) => {
    const body = JSON.stringify({ url: 'https://images.example.com/a.jpg', labels });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/import`, { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({
      code: 'INVALID_METADATA',
      detail: expect.stringMatching(message),
    });
    expect(answer.status).toBe(400);
    expect(emulator.requests).toEqual([]);
  });
});

it('labels of the backend itself are a fault of the program', async () => {
  const imgwire = createImgwire({ apiKey: 'sk_x' });
  const purpose = 'x'.repeat(256);
  const message = /option "purpose" must be a string of 1 to 255 characters/;
  const file = await imageOfSize('image/png', 1000);
  await expect(imgwire.upload({ file, purpose })).rejects.toThrow(message);
  await expect(imgwire.upload({ file, purpose })).rejects.toBeInstanceOf(TypeError);
  const url = 'https://images.example.com/a.jpg';
  await expect(imgwire.uploadViaUrl({ url, purpose })).rejects.toThrow(message);
  await expect(imgwire.uploadViaUrl({ url, purpose })).rejects.toBeInstanceOf(TypeError);
  await imgwire.close();
});
