import { subscribe } from 'node:diagnostics_channel';
import { type Emulator, type RouteName, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, type OpenPost, openPost, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { overRest } from '../support/upload-suite.ts';

const bytes = await imageOfSize('image/jpeg', 1024 * 1024);
const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);

describe.each(TARGETS)('closing the connection under $name', (target) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningTarget;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(overRest(emulator));
    app = await target.start({ imgwire });
  });
  afterEach(async () => {
    await app.close();
    await emulator.waitFor((e) => e.connections() === 0);
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  /** An upload of which Imgwire has a part. */
  const begin = async (): Promise<OpenPost> => {
    const post = openPost(`${app.url}/single`, form.length);
    await post.write(form.subarray(0, 700_000));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );
    return post;
  };

  it('lets an upload in flight end, and refuses a new one', async () => {
    const post = await begin();
    const closed = imgwire.close();
    const late = await postForm(`${app.url}/single`, [{ name: 'avatar', fileName: 'a.jpg', bytes }]);
    expect(late.json).toMatchObject({ status: 503, code: 'SHUTTING_DOWN' });
    post.request.end(form.subarray(700_000));
    expect((await post.answer).status).toBe(200);
    await closed;
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('undoes an upload whose time is up', async () => {
    const post = await begin();
    await imgwire.close({ timeoutMs: 100 });
    expect(emulator.images.list()).toEqual([]);
    expect((await post.answer).json).toMatchObject({ status: 503, code: 'SHUTTING_DOWN' });
    post.request.destroy();
  });

  it('waits for no client whose form was refused, when the time is up', async () => {
    const limited = await target.start({ imgwire, limits: { fileSize: 1000 } });
    const post = openPost(`${limited.url}/single`, form.length);
    await post.write(form.subarray(0, 700_000));
    // It goes on sending, a little at a time: what is left of a refused form is received for up to 10 s.
    const sending = setInterval(() => post.request.write(Buffer.alloc(10)), 100);
    await new Promise((resolve) => subscribe('imgwire:upload:failed', resolve));
    const closed = performance.now();
    await imgwire.close({ timeoutMs: 100 });
    clearInterval(sending);
    expect((await post.answer).status).toBe(413);
    expect(performance.now() - closed).toBeLessThan(5_000);
    post.request.destroy();
    await limited.close();
  });
});

it('ends uploads of the backend itself when their time is up', async () => {
  const emulator = await startEmulator();
  const imgwire = createImgwire(overRest(emulator));
  emulator.faults.add({ route: 'put', hang: true });
  const upload = imgwire.upload({ file: bytes });
  upload.catch(() => undefined);
  await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
  await imgwire.close({ timeoutMs: 50 });
  await expect(upload).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  await expect(imgwire.upload({ file: bytes })).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  expect(emulator.images.list()).toEqual([]);
  await emulator.close();
});

const ID = '3f2b8a6e-0d0c-4c57-9d5b-2f6f0b1c9a77';

/** What leaves nothing behind: each call of the backend but uploads, with its route. */
const CALLS: ReadonlyArray<readonly [string, RouteName, (imgwire: Imgwire) => Promise<unknown>]> = [
  ['list', 'list', (imgwire) => imgwire.list()],
  ['listAll', 'list', (imgwire) => imgwire.listAll().next()],
  ['retrieve', 'retrieve', (imgwire) => imgwire.retrieve(ID)],
  ['delete', 'delete', (imgwire) => imgwire.delete(ID)],
  ['bulkDelete', 'bulk_delete', (imgwire) => imgwire.bulkDelete([ID])],
  [
    'uploadViaUrl',
    'upload_via_url',
    (imgwire) => imgwire.uploadViaUrl({ url: 'https://images.example.com/a.png' }),
  ],
  ['createUploadToken', 'token', (imgwire) => imgwire.createUploadToken()],
  ['createBulkDownloadJob', 'create_download', (imgwire) => imgwire.createBulkDownloadJob([ID])],
  ['retrieveBulkDownloadJob', 'retrieve_download', (imgwire) => imgwire.retrieveBulkDownloadJob(ID)],
  ['waitUntilReady', 'retrieve', (imgwire) => imgwire.waitUntilReady(ID)],
  ['waitUntilDownloadReady', 'retrieve_download', (imgwire) => imgwire.waitUntilDownloadReady(ID)],
];

describe.each(TRANSPORTS)('closing the connection over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...connect(emulator), maxAttempts: 2 });
  });
  afterEach(() => emulator.close());

  it.each(CALLS)('refuses %s afterProcessing', async (_name, _route, call) => {
    await imgwire.close();
    await expect(call(imgwire)).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(emulator.requests).toEqual([]);
  });

  it.each(CALLS)(
    'ends %s that waits for its next attempt when its time is up',
    async (_name, route, call) => {
      emulator.faults.add({ route, status: 503, headers: { 'retry-after': '9' }, times: null });
      const running = call(imgwire);
      running.catch(() => undefined);
      await emulator.waitFor(({ requests }) => requests.some(({ status }) => status === 503));
      await imgwire.close({ timeoutMs: 0 });
      await expect(running).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    },
  );

  it('lets a call that waits for its next attempt finish', async () => {
    emulator.faults.add({ route: 'list', status: 503 });
    const running = imgwire.list();
    await emulator.waitFor(({ requests }) => requests.some(({ status }) => status === 503));
    await imgwire.close();
    expect((await running).data).toEqual([]);
  });
});
