import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  imgwireErrorHandler,
  imgwireStorage,
  type ReceivedFile,
} from '@imgwire/express';
import express5, { type Request, type Response } from 'express';
import multer from 'multer';
import multer1 from 'multer1';
import multer20 from 'multer20';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, postForm } from '../support/client.ts';
import { image, imageOfSize, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';

// The first and the last of the range that @imgwire/express and @imgwire/nestjs state.
describe.each<[string, typeof multer]>([
  ['1.4.4-lts.1', multer1],
  ['2.0.0', multer20],
  ['of today', multer],
])('the storage engine in multer %s', (_version, theirs) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let url: string;
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const app = express5();
    const upload = theirs({ storage: imgwireStorage({ imgwire }), limits: { fileSize: 700_000 } });
    app.post('/', upload.any(), (req: Request, res: Response) => {
      const files = (req.files ?? []) as unknown as ReceivedFile[];
      res.json({ title: req.body.title, files: files.map(({ size, image: { id } }) => ({ size, id })) });
    });
    app.use(imgwireErrorHandler());
    // Express's own error handler logs what is not an error of an upload.
    app.set('env', 'test');
    server = createServer(app);
    url = await listen(server);
  });
  afterEach(async () => {
    server.closeAllConnections();
    server.close();
    await imgwire.close();
    await emulator.close();
  });
  const stored = (): string[] => emulator.images.list().map(({ id }) => id);

  it('stores small files and large ones', async () => {
    const [small, large] = [await image('image/png'), await imageOfSize('image/jpeg', 600_000)];
    const { json } = await postForm(url, [
      { name: 'title', value: 'Lake' },
      { name: 'a', fileName: 'a.png', bytes: small },
      { name: 'b', fileName: 'b.jpg', bytes: large },
    ]);
    expect(json).toMatchObject({ title: 'Lake', files: [{ size: small.length }, { size: large.length }] });
    expect((await emulator.images.bytes(json.files[1].id))?.equals(large)).toBe(true);
    expect(stored()).toHaveLength(2);
  });

  it.each<[string, number, () => Promise<Uint8Array>]>([
    ['UNSUPPORTED_IMAGE_TYPE', 415, async () => textNamedPng.bytes],
    ['LIMIT_FILE_SIZE', 413, () => imageOfSize('image/jpeg', 800_000)],
  ])('answers %s, and deletes what the form has stored', async (code, status, bytes) => {
    const answer = await postForm(url, [
      { name: 'a', fileName: 'a.png', bytes: await image('image/png') },
      { name: 'b', fileName: 'b.jpg', bytes: await bytes() },
    ]);
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(stored()).toEqual([]);
  });

  it('deletes what it has stored of a client that goes away', async () => {
    const form = encodeForm([
      { name: 'a', fileName: 'a.png', bytes: await image('image/png') },
      { name: 'b', fileName: 'b.jpg', bytes: await imageOfSize('image/jpeg', 600_000) },
    ]);
    const post = openPost(url, form.length);
    await post.write(form.subarray(0, 400_000));
    await expect.poll(stored).toHaveLength(1);
    post.request.destroy();
    await expect.poll(stored).toEqual([]);
  });
});
