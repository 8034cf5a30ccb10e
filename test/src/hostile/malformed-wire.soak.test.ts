import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express5 from 'express';
import express4 from 'express4';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize, textNamedPng } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import { casesFor, inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { exchange, statuses } from '../support/wire.ts';

// What goes wrong between requests, not in a form: where one ends, and what follows it on its connection.

const png = await image('image/png');
const large = await imageOfSize('image/jpeg', 600_000);
const file = (bytes: Uint8Array = png, name = 'a'): Part => ({ name, fileName: 'a.png', bytes });
const good = encodeForm([{ name: 'title', value: 'x' }, file()]);
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

const head = (...headers: readonly string[]): string =>
  `${['POST /any HTTP/1.1', 'Host: a', `Content-Type: ${MULTIPART}`, ...headers].join('\r\n')}\r\n\r\n`;
const whole = (body: Uint8Array, ...headers: string[]): (string | Uint8Array)[] => [
  head(`Content-Length: ${body.length}`, ...headers),
  body,
];
const last = whole(good, 'Connection: close');
/** A request for the taking, if the bytes of a body were read as requests. */
const smuggled = Buffer.from(`\r\n\r\n${head('Content-Length: 0').repeat(20)}`);
const chunk = (bytes: Uint8Array, extension = ''): Buffer =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}${extension}\r\n`), bytes, Buffer.from('\r\n')]);
const END = '0\r\n\r\n';

const REFUSED: Readonly<Record<string, { readonly body: Uint8Array; readonly status: number }>> = {
  'a file that is no image': { body: encodeForm([{ ...textNamedPng, fileName: 'a.png' }]), status: 415 },
  'a large file that is no image': { body: encodeForm([file(Buffer.alloc(600_000, 't'))]), status: 415 },
  'a form without an end': { body: good.subarray(0, -30), status: 400 },
  'a malformed header': {
    body: Buffer.concat([Buffer.from(`--${BOUNDARY}\r\n bad\r\n\r\n`), good]),
    status: 400,
  },
  'too many files': { body: encodeForm(Array.from({ length: 50 }, () => file())), status: 413 },
  'an empty body': { body: Buffer.alloc(0), status: 400 },
  'a file of requests': { body: encodeForm([file(smuggled)]), status: 415 },
  'requests in place of a form': { body: smuggled, status: 400 },
};

/** The ways to end a chunked body that are none (RFC 9112, section 7.1). */
const BROKEN_CHUNKS: Readonly<Record<string, readonly (string | Uint8Array)[]>> = {
  'a size that is no number': ['zz\r\n', good, '\r\n', END],
  'a negative size': [`-${good.length.toString(16)}\r\n`, good, '\r\n', END],
  'a size of more than 64 bits': ['fffffffffffffffff\r\n', good, '\r\n', END],
  'a size that is too small': [`${(good.length - 10).toString(16)}\r\n`, good, '\r\n', END],
  'a second chunk without a size': [chunk(good.subarray(0, 100)), '\r\n', good.subarray(100), END],
  'a header for a last chunk': [chunk(good.subarray(0, 100)), 'Content-Length: 5\r\n\r\n'],
};

const isDelete = ({ route }: { readonly route: string }): boolean => route === 'delete';

describe.each(TARGETS)('$name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start({ ...overRest(emulator), stallTimeoutMs: 2000 });
  });
  beforeEach(() => emulator.reset());
  afterEach(async () => {
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });
  const sent = async (...bytes: readonly (string | Uint8Array)[]): Promise<number[]> =>
    statuses(await exchange(app.url, { bytes }));

  it.each(casesFor(target, Object.entries(REFUSED)))(
    'answers the forms around %s that it refuses',
    async (_name, { body, status }) => {
      const answers = await sent(...whole(good), ...whole(body), ...whole(body), ...last);
      expect(answers).toEqual([200, status, status, 200]);
      expect(emulator.images.list()).toHaveLength(2);
    },
  );

  it('takes what lies behind a form for a part of the body, not for a request', async () => {
    const body = Buffer.concat([good, smuggled]);
    expect(await sent(...whole(body), ...last)).toEqual([200, 200]);
    expect(emulator.images.list()).toHaveLength(2);
  });

  it.each(casesFor(target, Object.entries(BROKEN_CHUNKS)))(
    'stores nothing of a chunked form with %s',
    async (_name, chunks) => {
      const answers = await sent(head('Transfer-Encoding: chunked'), ...chunks, ...last);
      expect(answers).not.toContain(200);
      await emulator.waitFor(({ images }) => images.list().length === 0);
    },
  );

  it.each([
    ['with extensions', [chunk(good.subarray(0, 200), ';a=b;c="d"'), chunk(good.subarray(200), ';x'), END]],
    ['with a trailer', [chunk(good), '0\r\nX-Checksum: 1\r\nContent-Type: text/plain\r\n\r\n']],
    ['with a size of many zeros', ['0000000', chunk(good), END]],
  ])('takes a chunked form %s', async (_name, chunks) => {
    expect(await sent(head('Transfer-Encoding: chunked'), ...chunks, ...last)).toEqual([200, 200]);
    expect(emulator.images.list()).toHaveLength(2);
  });

  it('answers a request that has neither a length nor chunks', async () => {
    expect(await sent(head(), ...last)).toEqual([400, 200]);
  });

  it('answers a form of HTTP/1.0, and closes', async () => {
    const request = `POST /any HTTP/1.0\r\nContent-Type: ${MULTIPART}\r\nContent-Length: ${good.length}\r\n\r\n`;
    expect(await sent(request, good)).toEqual([200]);
  });

  // What follows is core's to decide.
  if (!inFull(target)) return;

  it('answers clients that wait for 100 Continue, and send nothing: of a refused size, or without a boundary', async () => {
    const tooLarge = head('Expect: 100-continue', `Content-Length: ${10 * 1024 ** 4}`);
    const unbounded = head('Expect: 100-continue', 'Content-Length: 100', 'Connection: close');
    const refusals = [tooLarge, unbounded.replace(MULTIPART, 'multipart/form-data')].map((bytes) =>
      exchange(app.url, { bytes: [bytes], after: 'refusal' }),
    );
    const answers = (await Promise.all(refusals)).map(statuses);
    expect(answers.map((each) => each.filter((status) => status !== 100))).toEqual([[413], [400]]);
  });

  it('leaves nothing of a client that says in the middle of a form that no more comes', async () => {
    const body = encodeForm([file(), file(large, 'b')]);
    const places = [0, 1, 100, 300, 500, 600, 700, 1000, 100_000, 270_000, 500_000, body.length - 1];
    await Promise.all(
      places.map(async (at) => {
        const bytes = [head(`Content-Length: ${body.length}`), body.subarray(0, at)];
        expect(statuses(await exchange(app.url, { bytes, after: 'end' })), `${at}`).not.toContain(200);
      }),
    );
    await emulator.waitFor(({ images }) => images.list().length === 0);
    expect(await sent(...last)).toEqual([200]);
  });

  // Node's server closes its side as well, so that no answer can be given.
  it('leaves nothing of a client that says so while its whole form is on its way to the service', async () => {
    emulator.faults.add({ route: 'put', delayMs: 500 });
    const answer = await exchange(app.url, { bytes: whole(encodeForm([file(large)])), after: 'end' });
    expect(statuses(answer)).toEqual([]);
    await emulator.waitFor(({ images, requests }) => images.list().length === 0 && requests.some(isDelete));
    expect(await sent(...last)).toEqual([200]);
  });
});

describe.each([
  ['Express 4', express4],
  ['Express 5', express5],
])('behind the body parsers of %s', (_name, express) => {
  const withParsers = async (
    ...parsers: readonly express5.RequestHandler[]
  ): Promise<RunningTarget & { emulator: Emulator }> => {
    const emulator = await startEmulator();
    const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const app = express();
    const errors: unknown[] = [];
    for (const parser of parsers) app.use(parser);
    app.post('/any', imgwireUpload({ imgwire }), (req, res) => {
      res.json({ images: req.images, body: req.body });
    });
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    return {
      ...{ url: await listen(server), server, errors, emulator },
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
        await imgwire.close();
        await emulator.close();
      },
    };
  };

  it('takes a form that they do not read', async () => {
    const { json, urlencoded, text, raw } = express;
    const app = await withParsers(json(), urlencoded({ extended: true }), text(), raw());
    const answer = await postForm(`${app.url}/any`, [{ name: 'title', value: 'x' }, file(large)]);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ body: { title: 'x' }, images: [{ id: expect.any(String) }] });
    await app.close();
  });

  it('says so when one of them has read the form, and answers the next request', async () => {
    const app = await withParsers(express.raw({ type: '*/*', limit: '1mb' }));
    for (const chunked of [false, true]) {
      const bytes = chunked ? [head('Transfer-Encoding: chunked'), chunk(good), END] : whole(good);
      const answer = await exchange(app.url, { bytes: [...bytes, ...last] });
      expect(statuses(answer)).toEqual([500, 500]);
      expect(answer.match(/BODY_ALREADY_READ/g)).toHaveLength(2);
    }
    expect(app.emulator.requests).toEqual([]);
    await app.close();
  });
});
