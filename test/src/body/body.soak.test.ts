import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Answer, openPost, type PostOptions, postBody, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { inFull } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';
import { exchange } from '../support/wire.ts';

const MIB = 1024 * 1024;
const png = await image('image/png');
const large = await imageOfSize('image/jpeg', 2 * MIB);

const READ_AHEAD = 256 * 1024;
/** Where clients leave. */
const OFFSETS = inject('soak')
  ? [0, 1, 10, 4096, 10_000, 65_536, 300_000, MIB, 1_500_000, 2 * MIB - 1]
  : [10_000, 300_000];

const typed = (type: string, headers: PostOptions['headers'] = {}): PostOptions => ({
  headers: { 'content-type': type, ...headers },
});

describe.each(throughTransports(TARGETS))(
  'bodies that are the image, through $name over $transport',
  ({ target, connect }) => {
    let emulator: Emulator;
    let app: RunningTarget;
    let body: string;
    /** How many requests have come. */
    let received: number;
    const start = async (options: TargetOptions = {}): Promise<void> => {
      app = await target.start({ ...connect(emulator), ...options });
      body = `${app.url}/body`;
      received = 0;
      app.server.on('request', () => {
        received += 1;
      });
    };
    beforeEach(async () => {
      emulator = await startEmulator();
    });
    afterEach(async () => {
      await app.close();
      await emulator.waitFor((e) => e.connections() === 0, {
        description: 'no socket to the service is open',
      });
      await emulator.close();
      await expect.poll(() => openTemporaryFiles()).toEqual([]);
      expect(namedTemporaryFiles()).toEqual([]);
    });

    const expectStored = ({ status, text, json }: Answer, bytes: Uint8Array): void => {
      expect(status, text).toBe(200);
      expect(json.images).toHaveLength(1);
      expect(json.files[0]).toMatchObject({ fieldname: '', size: bytes.length });
      expect(emulator.images.sha256(json.images[0].id)).toBe(sha256(bytes));
      expect(emulator.images.list()).toHaveLength(1);
    };
    const expectRejected = ({ json }: Answer, status: number, code: string): void => {
      expect(json).toMatchObject({ status, code });
      expect(json.field).toBeUndefined();
      expect(emulator.requests.map(({ route }) => route)).not.toContain('create');
    };

    it.each([
      ['POST', 'image/png'],
      ['PUT', 'IMAGE/PNG; q=1'],
      ['PUT', 'application/octet-stream'],
    ])('stores what a %s with %s brings', async (method, type) => {
      await start();
      const answer = await postBody(body, png, { ...typed(type), method });
      expectStored(answer, png);
      expect(answer.json.files[0]).toMatchObject({ mimetype: 'image/png', lengthSource: 'read-ahead' });
      expect(answer.json.body).toBeUndefined();
    });

    it('stores a body without a type, as curl -T sends it', async () => {
      await start();
      const response = await fetch(body, { method: 'PUT', body: png });
      expect(response.status).toBe(200);
      expect(emulator.images.list().map(({ id }) => emulator.images.sha256(id))).toEqual([sha256(png)]);
    });

    it('has bytes at the service before the client has sent half', async () => {
      await start();
      const put = openPost(body, large.length, { ...typed('image/jpeg'), method: 'PUT' });
      for (let sent = 0; sent < 600_000; sent += 16_384)
        await put.write(large.subarray(sent, Math.min(600_000, sent + 16_384)));
      const upload = await emulator.waitFor(({ requests }) =>
        requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
      );
      expect(upload.state).toBe('open');
      await put.write(large.subarray(600_000));
      put.end();
      const answer = await put.answer;
      expectStored(answer, large);
      expect(answer.json.files[0].lengthSource).toBe('declared');
    });

    // More than is drained, so that the response does not wait for a body that never comes.
    const head = [
      'PUT /body HTTP/1.1',
      'Host: a',
      'Content-Type: image/png',
      `Content-Length: ${100 * MIB}`,
      '\r\n',
    ].join('\r\n');

    it('rejects a Content-Length above the limit before a byte of the body is here', async () => {
      await start();
      const text = await exchange(app.url, { bytes: [head], after: 'refusal' });
      expect(text).toContain('"code":"LIMIT_FILE_SIZE"');
      expect(text).toContain('The file is larger than 52428800 bytes (50 MiB).');
      expect(emulator.requests).toEqual([]);
    });

    it('asks authorize before a byte of the body is here', async () => {
      await start({ authorize: () => false, limits: { fileSize: 100 * MIB } });
      const text = await exchange(app.url, { bytes: [head], after: 'refusal' });
      expect(text).toContain('"code":"FORBIDDEN"');
      expect(emulator.requests).toEqual([]);
    });

    it('leaves every other body to the handler', async () => {
      await start();
      const answer = await postBody(body, Buffer.from('a text'), typed('text/plain'));
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json.images).toEqual([]);
      expect(emulator.requests).toEqual([]);
    });

    it('leaves images to the handler where the route receives forms', async () => {
      await start();
      const { status, json } = await postBody(`${app.url}/single`, png, typed('image/png'));
      // Fastify has no parser for them.
      if (status !== 415) expect(json.images).toEqual([]);
      else expect(target.name).toContain('Fastify');
      expect(emulator.requests).toEqual([]);
    });

    it('tells a client that sends another body what to send, where one is required', async () => {
      await start({ required: true });
      const form = await postForm(body, [{ name: 'avatar', fileName: 'a.png', bytes: png }]);
      const text = await postBody(body, Buffer.from('a text'), typed('text/plain'));
      expect(text.json).toMatchObject({ status: 415, code: 'NOT_AN_IMAGE_BODY' });
      expect(text.json.detail).toBe(
        'Send the image itself as the body, not in a form, with its Content-Type or application/octet-stream.',
      );
      expect(form.status).toBe(415);
      // Fastify itself has no parser for forms.
      if (target.name !== 'Fastify') expect(form.json).toEqual(text.json);
      expect(emulator.requests).toEqual([]);
    });

    it.each(OFFSETS)('leaves nothing of a client that leaves after %i bytes', async (offset) => {
      await start();
      const put = openPost(body, large.length, { ...typed('image/jpeg'), method: 'PUT' });
      await put.write(large.subarray(0, offset));
      // From there on its record is created.
      const isEarly = offset < READ_AHEAD;
      const isKnown = ({ requests }: Emulator): boolean => requests.some(({ route }) => route === 'create');
      await (isEarly ? expect.poll(() => received).toBe(1) : emulator.waitFor(isKnown));
      put.request.destroy();
      await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
      await emulator.waitFor(({ images }) => images.list().length === 0);
    });

    it('takes a second body on the connection of the first', async () => {
      await start();
      const head = `PUT /body HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: ${png.length}\r\n`;
      const text = await exchange(app.url, {
        bytes: [`${head}\r\n`, png, `${head}Connection: close\r\n\r\n`, png],
      });
      expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
      expect(emulator.images.list()).toHaveLength(2);
    });

    if (!inFull(target)) return;

    describe('as core decides', () => {
      it.each([
        ['attachment; filename="cat.png"', 'cat.png'],
        ['attachment; filename="C:\\photos\\cat.png"', 'cat.png'],
        ["inline; filename=a.png; filename*=UTF-8''%2Ftmp%2Fk%C3%A4tze%0A.png", 'kätze.png'],
        ["inline; filename*=UTF-8''.%00.", ''],
        ['filename=cat.png', ''],
        ["attachment; filename*=martian''cat.png", ''],
      ])('takes the name of %s', async (disposition, name) => {
        await start();
        const { json } = await postBody(
          body,
          png,
          typed('image/png', { 'content-disposition': disposition }),
        );
        expect(json.files[0].originalname).toBe(name);
        expect(json.images[0].original_filename).toBe(name || 'upload.png');
      });

      it('asks metadata for the name of the file', async () => {
        const asked: unknown[] = [];
        await start({
          metadata: (_req, file) => {
            asked.push(file);
            return { fileName: 'chosen.png', purpose: 'avatar' };
          },
        });
        const { json } = await postBody(body, png, typed('image/png'));
        expect(asked).toMatchObject([{ fieldname: '', originalname: '', mimetype: 'image/png', fields: {} }]);
        expect(json.images[0]).toMatchObject({ original_filename: 'chosen.png', purpose: 'avatar' });
      });

      it.each([
        [png.length, png],
        [2 * MIB, large],
      ])('stores a chunked body of %i bytes', async (_size, bytes) => {
        await start();
        const answer = await postBody(body, bytes, { ...typed('image/jpeg'), chunked: true });
        expectStored(answer, bytes);
        expect(answer.json.files[0].lengthSource).toBe(bytes === png ? 'read-ahead' : 'spool');
      });

      it('hashes what it stores', async () => {
        await start({ hashAlgorithm: 'sha256' });
        for (const bytes of [png, large]) {
          const { json } = await postBody(body, bytes, typed('image/png'));
          expect(json.files[0].sha256).toBe(sha256(bytes));
        }
      });

      it('sends the whole again when the PUT is reset', async () => {
        await start();
        emulator.faults.add({ route: 'put', resetAfterBytes: 1_000_000 });
        expectStored(await postBody(body, large, typed('image/jpeg')), large);
        expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(2);
      });

      it('rejects a chunked body at the first byte above the limit', async () => {
        await start({ limits: { fileSize: MIB } });
        const answer = await postBody(body, large, { ...typed('image/jpeg'), chunked: true });
        expectRejected(answer, 413, 'LIMIT_FILE_SIZE');
      });

      it('takes as many bytes as the limit, whatever the limits of forms are', async () => {
        await start({ limits: { fileSize: png.length, requestSize: 1, fields: 0, parts: 1 } });
        expectStored(await postBody(body, png, typed('image/png')), png);
      });

      it.each([
        ['a text', Buffer.from('no image at all'), 'image/png', 415, 'UNSUPPORTED_IMAGE_TYPE'],
        ['nothing', Buffer.alloc(0), 'image/png', 400, 'EMPTY_FILE'],
      ])('rejects %s', async (_what, bytes, type, status, code) => {
        await start();
        expectRejected(await postBody(body, bytes, typed(type)), status, code);
        expectRejected(await postBody(body, bytes, { ...typed(type), chunked: true }), status, code);
      });

      it('rejects a type that the rules do not accept', async () => {
        await start({ accept: ['image/jpeg'] });
        expectRejected(await postBody(body, png, typed('image/jpeg')), 415, 'UNSUPPORTED_IMAGE_TYPE');
      });

      it.each([
        [{ 'content-encoding': 'gzip' }, 415, 'UNSUPPORTED_CONTENT_ENCODING'],
        [{ 'content-range': 'bytes 0-9/100' }, 400, 'UNSUPPORTED_CONTENT_RANGE'],
      ])('rejects a body with %o', async (headers, status, code) => {
        await start();
        expectRejected(await postBody(body, png, typed('image/png', headers)), status, code);
      });

      it('rejects a large body of unknown length without a copy, and says how to send it', async () => {
        await start({ replay: false });
        const answer = await postBody(body, large, { ...typed('image/jpeg'), chunked: true });
        expectRejected(answer, 411, 'LENGTH_REQUIRED');
        expect(answer.json.detail).toContain('as a body with a Content-Length');
      });

      it('waits until the image is READY', async () => {
        await start({ waitUntilReady: true });
        const { json } = await postBody(body, png, typed('image/png'));
        expect(json.images[0].status).toBe('READY');
      });
    });
  },
);
