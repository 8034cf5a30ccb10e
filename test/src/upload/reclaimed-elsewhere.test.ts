import { once } from 'node:events';
import { type ClientHttp2Stream, connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { rollbackQueue } from '@imgwire/bullmq';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireOptions, type ReceivedFile } from '@imgwire/express';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { describeWithRedis, type RedisServer, startRedis } from '../support/redis.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const bytes = await imageOfSize('image/jpeg', 900_000);
const small = await imageOfSize('image/jpeg', 5000);
const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);
const SENT = 600_000;

let emulator: Emulator;
let imgwire: Imgwire;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(async () => {
  await imgwire.close();
  await emulator.close();
  await expect.poll(() => openTemporaryFiles()).toEqual([]);
});
const open = (options: ImgwireOptions = {}): void => {
  imgwire = createImgwire({ ...overRest(emulator), maxConcurrentUploads: 2, ...options });
};
const puts = (): number => emulator.requests.filter(({ route }) => route === 'put').length;
/** Another file needs the transfer of one that is slow: it is stored before that. */
const storeOther = async (): Promise<void> => {
  await emulator.waitFor(({ requests }) =>
    requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
  );
  const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
  const before = puts();
  const here = imgwire.upload({ file: small });
  await emulator.waitFor(() => puts() > before);
  const { id } = await imgwire.upload({ file: small });
  expect(emulator.images.sha256(id)).toBe(sha256(small));
  expect(emulator.requests.filter(({ route }) => route === 'delete')).toHaveLength(1);
  held.remove();
  await here;
};

it('a file over HTTP/2 that loses its transfer is stored, with the other streams of its session, and can be discarded', async () => {
  open();
  const receive = imgwire.receiver({});
  const received: ReceivedFile[] = [];
  const server = createServer((req, res) => {
    const answered = receive(req, res as never).then(({ files }) => {
      received.push(...files);
      return files[0]?.image.id ?? '';
    }, String);
    void answered.then((text) => res.end(text));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const post = (): ClientHttp2Stream =>
    session.request({
      ':method': 'POST',
      ':path': '/',
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': form.length,
    });
  const answerTo = async (stream: ClientHttp2Stream): Promise<string> =>
    Buffer.concat(await stream.toArray()).toString();
  const slow = post();
  const answers = [answerTo(slow)];
  slow.write(form.subarray(0, SENT));
  await storeOther();
  const fast = post();
  answers.push(answerTo(fast));
  fast.end(form);
  slow.end(form.subarray(SENT));
  for (const id of await Promise.all(answers)) expect(emulator.images.sha256(id)).toBe(sha256(bytes));
  for (const { discard } of received) await discard();
  expect(emulator.images.list().map(({ size_bytes: size }) => size)).toEqual([small.length, small.length]);
  session.close();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
});

describeWithRedis('rollbackQueue()', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.close());

  it('has no note of an upload that has lost its transfer, once it is stored', async () => {
    const undo = rollbackQueue({ connection: redis.connection });
    await undo.queue.waitUntilReady();
    open({ beforeCreate: undo.beforeCreate, onRollbackFailed: undo.onRollbackFailed });
    const client = new Redis({ ...redis.connection, lazyConnect: true });
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const file = new ReadableStream<Uint8Array>({
      start: async (controller) => {
        controller.enqueue(bytes.subarray(0, SENT));
        await ended;
        controller.enqueue(bytes.subarray(SENT));
        controller.close();
      },
    });
    const upload = imgwire.upload({ file, contentLength: bytes.length });
    await storeOther();
    await expect.poll(() => client.zcard('bull:imgwire-undo:uploads')).toBe(0);
    end();
    expect(emulator.images.sha256((await upload).id)).toBe(sha256(bytes));
    await expect.poll(() => client.zcard('bull:imgwire-undo:uploads')).toBe(0);
    expect(await client.hlen('bull:imgwire-undo:uploads:ids')).toBe(0);
    // Besides the job that sweeps.
    expect(new Set((await undo.queue.getJobs()).map(({ name }) => name))).toEqual(new Set(['sweep']));
    client.disconnect();
    await undo.close();
  });
});
