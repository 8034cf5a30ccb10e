import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { listen } from '../support/listen.ts';
import { startStorage } from '../support/storage-target.ts';
import { overRest } from '../support/upload-suite.ts';
import { statuses } from '../support/wire.ts';
import { cutHeaders, postInTwo } from './cut-headers.ts';

const png = await image('image/png');
const part = { name: 'b', fileName: 'b.png', bytes: png };
describe('behind a multer of the user', () => {
  it('ends a file whose stream the parser has forgotten, and gives its place back', async () => {
    const emulator = await startEmulator();
    const app = await startStorage(
      { ...overRest(emulator), maxConcurrentUploads: 1 },
      {},
      { stallTimeoutMs: 100 },
    );
    const answer = await postInTwo(app.url, cutHeaders(png)['a file behind a file'], 0);
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
