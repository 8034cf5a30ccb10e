import { createServer } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { startStorage } from '../support/storage-target.ts';
import { listen, type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { statuses } from '../support/wire.ts';

const png = await image('image/png');
const part = { name: 'b', fileName: 'b.png', bytes: png };
const disposition = (rest: string): string => `Content-Disposition: form-data; ${rest}\r\n`;

/** A form whose first part has headers that a delimiter cuts off: the parser goes on with them behind it. */
const openHeaders = (first: string, second: string): Buffer =>
  Buffer.concat([
    Buffer.from(`--${BOUNDARY}\r\n${first}\r\n--${BOUNDARY}\r\n\r\n${second}\r\n`),
    png,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ]);
const FILE = disposition('name="a"; filename="a.png"');
const NAMELESS = `${disposition('name="a"; filename=""')}Content-Type: application/octet-stream\r\n`;
const TEXT = disposition('name="a"');
const FORMS = {
  'a file behind a file': openHeaders(FILE, disposition('name="b"; filename="b.png"')),
  'a file behind one without a name': openHeaders(NAMELESS, disposition('name="b"; filename="b.png"')),
  'a file without a name behind a file': openHeaders(FILE, NAMELESS),
  'a file behind a text': openHeaders(TEXT, disposition('name="b"; filename="b.png"')),
  'a text behind a file': openHeaders(FILE, TEXT),
};

/** Posts a body in two writes, each in a turn of its own, and answers what comes back. */
async function postInTwo(url: string, body: Buffer, cut: number): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setNoDelay(true);
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined).once('close', () => resolve(text));
  });
  socket.write(
    `POST /any HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n` +
      `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`,
  );
  socket.write(body.subarray(0, cut));
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(body.subarray(cut));
  return answer;
}

describe.each(TARGETS)('a header that a delimiter cuts off, sent to $name', (target) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...overRest(emulator), maxConcurrentUploads: 1, queueTimeoutMs: 1000 });
    app = await target.start({ imgwire });
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });
  /** The one place is free, nothing is left of what was refused, and the connection ends. */
  const expectNothingHeld = async (): Promise<void> => {
    expect((await postForm(`${app.url}/any`, [part])).status).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
    await imgwire.close({ timeoutMs: 100 });
  };

  it.each(Object.entries(FORMS))('refuses %s, wherever it is cut in two', async (_name, body) => {
    for (let cut = 0; cut < body.length - png.length; cut++) {
      const answer = await postInTwo(app.url, body, cut);
      expect(statuses(answer), `cut at ${cut}`).toEqual([400]);
      expect(answer).toContain('MALFORMED_MULTIPART');
    }
    await expectNothingHeld();
  });
});

describe('behind a multer of the user', () => {
  it('ends a file whose stream the parser has forgotten, and gives its place back', async () => {
    const emulator = await startEmulator();
    const app = await startStorage(
      { ...overRest(emulator), maxConcurrentUploads: 1 },
      {},
      { stallTimeoutMs: 100 },
    );
    const answer = await postInTwo(app.url, FORMS['a file behind a file'], 0);
    expect(statuses(answer)).toEqual([408]);
    expect(answer).toContain('CLIENT_STALLED');
    await expect.poll(() => emulator.images.list()).toEqual([]);
    expect((await postForm(`${app.url}/any`, [part])).status).toBe(200);
    await app.close();
    await emulator.close();
  });
});

/** A stream that gives these bytes, and then nothing, not even an end when it is destroyed. */
function silentAfter(bytes: Buffer): { readonly file: Readable; readonly silent: Promise<void> } {
  const chunks = bytes.length > 0 ? [bytes] : [];
  let fallSilent = (): void => undefined;
  const silent = new Promise<void>((resolve) => {
    fallSilent = resolve;
  });
  const next = async (): Promise<IteratorResult<Buffer>> => {
    const value = chunks.shift();
    if (value) return { done: false, value };
    fallSilent();
    return new Promise(() => undefined);
  };
  return { file: Object.assign(Readable.from([]), { [Symbol.asyncIterator]: () => ({ next }) }), silent };
}

describe('a source whose read never settles', () => {
  const large = 300_000;
  const STEPS: Readonly<
    Record<string, () => Promise<{ bytes: Buffer; contentLength?: number; replay?: boolean }>>
  > = {
    'before its first byte': async () => ({ bytes: Buffer.alloc(0) }),
    'within the read-ahead': async () => ({ bytes: await imageOfSize('image/jpeg', 1000) }),
    'on its way to the spool': async () => ({ bytes: await imageOfSize('image/jpeg', large) }),
    'on its way to Imgwire, with a copy': async () => ({
      bytes: await imageOfSize('image/jpeg', large),
      contentLength: large + 1,
    }),
    'on its way to Imgwire, without one': async () => ({
      bytes: await imageOfSize('image/jpeg', large),
      contentLength: large + 1,
      replay: false,
    }),
  };
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...overRest(emulator), maxConcurrentUploads: 1 });
  });
  afterEach(async () => {
    await emulator.waitFor((e) => e.connections() === 0);
    await emulator.close();
    expect(openTemporaryFiles()).toEqual([]);
  });

  it.each(Object.entries(STEPS))('ends with its signal %s, and gives its place back', async (_step, make) => {
    const { bytes, ...input } = await make();
    const { file, silent } = silentAfter(bytes);
    const controller = new AbortController();
    const upload = imgwire.upload({ file, ...input, signal: controller.signal });
    upload.catch(() => undefined);
    await silent;
    controller.abort(new Error('enough'));
    await expect(upload).rejects.toThrow('enough');
    const stored = await imgwire.upload({ file: png });
    expect(emulator.images.list().map(({ id }) => id)).toEqual([stored.id]);
    await imgwire.close();
  });

  it.each(Object.entries(STEPS))('does not keep close() waiting %s', async (_step, make) => {
    const { bytes, ...input } = await make();
    const { file, silent } = silentAfter(bytes);
    const upload = imgwire.upload({ file, ...input });
    upload.catch(() => undefined);
    await silent;
    await imgwire.close({ timeoutMs: 50 });
    await expect(upload).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(emulator.images.list()).toEqual([]);
  });
});

it('does not keep close() waiting for a store whose answer never ends', async () => {
  const trickles = new Set<NodeJS.Timeout>();
  const server = createServer((req, res) => {
    const url = `http://${req.headers.host}/put`;
    req.resume().once('end', () => {
      if (req.method === 'POST') {
        res.end(JSON.stringify({ image: { id: '1', status: 'PENDING', cdn_url: url }, upload_url: url }));
        return;
      }
      res.writeHead(200);
      const trickle = setInterval(() => res.write('x'), 20);
      trickles.add(trickle);
      res.once('close', () => clearInterval(trickle));
    });
  });
  const imgwire = createImgwire({ apiKey: 'sk_test', baseUrl: await listen(server), putIdleTimeoutMs: 200 });
  await imgwire.upload({ file: png });
  await imgwire.close();
  for (const trickle of trickles) clearInterval(trickle);
  server.closeAllConnections();
  server.close();
});
