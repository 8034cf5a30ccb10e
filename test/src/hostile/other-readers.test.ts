import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { createImgwire, type Imgwire, type UploadRules } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, BOUNDARY, encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { startStorage } from '../support/storage-target.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

// A 200 means that every byte has arrived, also where somebody else reads the request: all of it is stored, or none.

const jpeg = await imageOfSize('image/jpeg', 600_000);
const form = encodeForm([
  { name: 'title', value: 'x' },
  { name: 'a', fileName: 'a.jpg', bytes: jpeg },
  { name: 'z', value: 'y' },
]);
const all = { files: 1, fields: { title: 'x', z: 'y' } };

/** What else is done with a request, and whether the upload can be whole all the same. */
interface Other {
  readonly stored: boolean;
  readonly rules?: UploadRules<IncomingMessage>;
  before?(req: IncomingMessage): void;
}
const later = async (): Promise<true> => {
  for (let i = 0; i < 20; i++) await setImmediate();
  return true;
};
const drain = async (req: IncomingMessage): Promise<void> => {
  for await (const _ of req);
};
const OTHERS: Readonly<Record<string, Other>> = {
  'counts its bytes': { stored: true, before: (req) => void req.on('data', () => undefined) },
  'counts its bytes, while authorize takes its time': {
    stored: true,
    before: (req) => void req.on('data', () => undefined),
    rules: { authorize: later },
  },
  'has paused it': { stored: true, before: (req) => void req.pause() },
  'reads it in metadata': {
    stored: true,
    rules: { metadata: (req) => void req.on('readable', () => req.read()) },
  },
  'reads it to its end in authorize': {
    stored: false,
    rules: { authorize: async (req) => drain(req).then(() => true) },
  },
  'reads it beside us': { stored: true, before: (req) => void drain(req).catch(() => undefined) },
  'has set an encoding': { stored: false, before: (req) => void req.setEncoding('utf8') },
};

describe('a request of which somebody', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(overRest(emulator));
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await imgwire.close();
    await emulator.close();
  });
  const post = async ({ before, rules = {} }: Other, chunked: boolean): Promise<Answer> => {
    const receive = imgwire.receiver<IncomingMessage>(rules);
    const server = createServer((req, res) => {
      before?.(req);
      receive(req, res).then(
        ({ files, fields }) => {
          res
            .setHeader('content-type', 'application/json')
            .end(JSON.stringify({ files: files.length, fields }));
        },
        (error: { status: number }) => {
          res.writeHead(error.status, { 'content-type': 'application/json' }).end(JSON.stringify(error));
        },
      );
    });
    const open = openPost(await listen(server), form.length, { chunked });
    open.request.end(form);
    const answer = await open.answer;
    server.close();
    return answer;
  };

  it.each(
    Object.entries(OTHERS).flatMap(([name, other]) => [false, true].map((c) => [name, c, other] as const)),
  )('%s (chunked: %s) is stored whole, or refused at once', async (_name, chunked, other) => {
    const answer = await post(other, chunked);
    const images = emulator.images.list();
    if (other.stored) expect(answer.json).toEqual(all);
    else expect(answer.json).toMatchObject({ code: 'BODY_ALREADY_READ' });
    expect(images.map(({ id }) => emulator.images.sha256(id))).toEqual(other.stored ? [sha256(jpeg)] : []);
  });

  it('made a stream of plain Uint8Arrays is stored whole', async () => {
    const chunks = [form.subarray(0, 1000), form.subarray(1000)].map((chunk) => Uint8Array.from(chunk));
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const { files } = await imgwire.receive(Object.assign(Readable.from(chunks), { headers }));
    expect(files.map(({ image }) => emulator.images.sha256(image.id))).toEqual([
      createHash('sha256').update(jpeg).digest('hex'),
    ]);
  });
});

it.each([undefined, null, 0, ''])(
  'does not take a rejection with %j in multer for a success',
  async (reason) => {
    const emulator = await startEmulator();
    const app = await startStorage(overRest(emulator), {}, { metadata: () => Promise.reject(reason) });
    const open = openPost(`${app.url}/any`, form.length);
    open.request.end(form);
    expect((await open.answer).status).toBe(500);
    expect(emulator.images.list()).toEqual([]);
    await app.close();
    await emulator.close();
  },
);
