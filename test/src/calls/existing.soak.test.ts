import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireEvents } from '@imgwire/express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { inFull } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS, type Target } from '../support/targets.ts';
import { TRANSPORTS, throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
const first = await image('image/png');
/** Of another type, another length and another size in pixels, and the last part: its length is computed. */
const other = await imageOfSize('image/jpeg', 3 * MIB);
const part = (bytes: Uint8Array): Part => ({ name: 'avatar', fileName: 'a.jpg', bytes });

let emulator: Emulator;
const stored: ImgwireEvents['imgwire:upload:stored'][] = [];
const onStored = (message: unknown): void =>
  void stored.push(message as ImgwireEvents['imgwire:upload:stored']);
beforeEach(async () => {
  stored.length = 0;
  subscribe('imgwire:upload:stored', onStored);
  emulator = await startEmulator();
});
afterEach(async () => {
  unsubscribe('imgwire:upload:stored', onStored);
  await emulator.close();
});

/** Of the first file, as its record has them. */
const FACTS = {
  mimetype: 'image/png',
  size: first.length,
  lengthSource: 'record',
  existing: true,
};

const storage: Target = {
  name: 'multer with our storage',
  start: ({ hashAlgorithm: hash, metadata, client, apiKey, baseUrl }) =>
    startStorage(
      { client, apiKey, baseUrl },
      {},
      { hashAlgorithm: hash, metadata: (_req, file) => metadata?.({ headers: {} } as never, file) },
    ),
};

describe.each(throughTransports([storage, ...TARGETS]))(
  'a key that was used before, $name over $transport',
  ({ target, connect }) => {
    let app: RunningTarget;
    const start = async (hash?: 'sha256'): Promise<void> => {
      const metadata = () => ({ idempotencyKey: 'one' });
      app = await target.start({ ...connect(emulator), metadata, ...(hash && { hashAlgorithm: hash }) });
    };
    afterEach(() => app.close());

    it.each(['sha256', undefined] as const)(
      'tells of other bytes what is stored, and that it was (hash: %s)',
      async (hash) => {
        await start(hash);
        const before = await postForm(`${app.url}/any`, [part(first)]);
        const [stored1] = before.json.files;
        expect(stored1).not.toHaveProperty('existing');
        const { id } = before.json.images[0];
        await emulator.waitFor(({ images }) => images.list()[0]?.status === 'READY');

        const again = await postForm(`${app.url}/any`, [part(other)]);
        expect(again.json.images.map((record: { id: string }) => record.id)).toEqual([id]);
        const { fieldname, originalname, encoding, ...facts } = again.json.files[0];
        for (const name of ['stream', 'destination', 'filename', 'path']) delete facts[name];
        expect([fieldname, originalname, encoding]).toEqual(['avatar', 'a.jpg', stored1.encoding]);
        const { width, height } = again.json.images[0];
        expect(width).toBeGreaterThan(0);
        expect(facts).toEqual({ ...FACTS, width, height, ...(hash && { sha256: sha256(first) }) });
        expect(stored).toMatchObject([
          { size: first.length, mimetype: 'image/png' },
          { imageId: id, ...FACTS },
        ]);
        expect(stored[0]).not.toHaveProperty('existing');
      },
    );

    // What follows is core's to decide.
    if (!inFull(target)) return;

    it('has no pixels and no hash of a record that has none', async () => {
      await start('sha256');
      const { json } = await postForm(`${app.url}/any`, [part(other), { name: 'after', value: 'x' }]);
      const [{ id }] = json.images;
      const record = { ...json.images[0], status: 'PROCESSING', can_upload: false, hash_sha256: null };
      const body = { image: { ...record, width: 0, height: 0 }, upload_url: `${emulator.url}/none` };
      emulator.faults.add({ route: 'create', status: 200, body });
      const again = await postForm(`${app.url}/any`, [part(first)]);
      expect(again.json.images).toMatchObject([{ id }]);
      const [file] = again.json.files;
      expect(file).toMatchObject({ mimetype: 'image/jpeg', size: other.length, existing: true });
      for (const name of ['width', 'height', 'sha256']) expect(file).not.toHaveProperty(name);
    });

    it('is not called so where the upload of the same request was only sent again', async () => {
      await start();
      emulator.faults.add({ route: 'put', status: 503 });
      emulator.faults.add({ route: 'create', afterProcessing: true, status: 502 });
      const { json } = await postForm(`${app.url}/any`, [part(first)]);
      expect(json.files).toMatchObject([{ size: first.length }]);
      expect(json.files[0]).not.toHaveProperty('existing');
    });

    // A storage of multer has its file whole before the record is created.
    if (target === storage) return;

    it('leaves the earlier image alone when the second client leaves', async () => {
      await start();
      await postForm(`${app.url}/any`, [part(other)]);
      await emulator.waitFor(({ images }) => images.list()[0]?.status === 'READY');
      const form = encodeForm([part(other)]);
      const post = openPost(`${app.url}/any`, form.length);
      await post.write(form.subarray(0, MIB));
      await emulator.waitFor(({ requests }) => requests.filter(({ status }) => status === 200).length === 3);
      post.request.destroy();
      await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
      expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'create']);
      expect(emulator.images.list()).toMatchObject([{ status: 'READY' }]);
    });
  },
);

describe.each(TRANSPORTS)('a key that was used before, in calls over $transport', ({ connect }) => {
  let imgwire: Imgwire;
  beforeEach(() => {
    imgwire = createImgwire(connect(emulator));
  });
  afterEach(() => imgwire.close());

  it('gives upload() the earlier image, which says so, but not in its JSON', async () => {
    const before = await imgwire.upload({ file: first, idempotencyKey: 'one', hashAlgorithm: 'sha256' });
    expect(before.existing).toBeUndefined();
    const again = await imgwire.upload({
      file: other,
      idempotencyKey: 'one',
      hashAlgorithm: 'sha256',
      waitUntilReady: true,
    });
    expect([again.id, again.existing, again.sha256]).toEqual([before.id, true, sha256(first)]);
    expect(Object.keys(again)).not.toContain('existing');
    expect(stored.at(-1)).toMatchObject(FACTS);
    expect((await imgwire.upload({ file: first })).existing).toBeUndefined();
  });

  it('is kept by the discard() of a form that got the earlier image', async () => {
    const { id } = await imgwire.upload({ file: first, idempotencyKey: 'one' });
    const rules = { metadata: () => ({ idempotencyKey: 'one' }) };
    const server = createServer((req, res) => {
      const discarding = imgwire
        .receive(req, rules, res)
        .then(({ files }) => Promise.all(files.map((file) => file.discard())));
      discarding.then(() => res.end(), res.destroy.bind(res));
    });
    expect((await postForm(await listen(server), [part(other)])).status).toBe(200);
    server.close();
    expect(emulator.images.list()).toMatchObject([{ id, status: 'READY' }]);
  });

  it('gives createDirectUpload() the earlier image only once its bytes are stored', async () => {
    const input = { fileName: 'a.png', idempotencyKey: 'one' };
    const pending = await imgwire.createDirectUpload(input);
    expect((await imgwire.createDirectUpload(input)).image.existing).toBeUndefined();
    const headers = { 'content-type': pending.image.mime_type };
    await fetch(pending.uploadUrl, { method: 'PUT', headers, body: new Uint8Array(first) });
    const again = await imgwire.createDirectUpload(input);
    expect([again.image.id, again.image.existing]).toEqual([pending.image.id, true]);
  });
});
