import { createHash } from 'node:crypto';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type Answer, type Part, postForm } from './client.ts';
import { imageOfSize, svg, textNamedPng } from './images.ts';
import { casesFor, inFull } from './sample.ts';
import type { RunningTarget, Target, TargetOptions } from './targets.ts';

export { overRest } from './over-rest.ts';

const READ_AHEAD = 256 * 1024;
const KIB = 1024;
const MIB = 1024 * KIB;
/** The default file size limit, bytes. */
const DEFAULT_LIMIT = 50 * MIB;
const SIZES = [
  READ_AHEAD - 1,
  READ_AHEAD,
  READ_AHEAD + 1,
  64 * KIB - 1,
  64 * KIB,
  64 * KIB + 1,
  300_000,
  5 * MIB,
];

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const file = (bytes: Uint8Array, name = 'avatar', fileName = 'cat.jpg'): Part => ({
  name,
  fileName,
  type: 'image/jpeg',
  bytes,
});
const field = (name: string, value: string): Part => ({ name, value });
const before = field('title', 'Katze');
const after = field('caption[text]', 'Träumt 🐈');

/** The position of a file in its form. */
const POSITIONS: Readonly<Record<string, (part: Part) => Part[]>> = {
  first: (part) => [part, before, after],
  middle: (part) => [before, part, after],
  last: (part) => [before, after, part],
};

/** The behaviour of an upload, for any adapter and transport to the service. */
export function uploadSuite(
  name: string,
  target: Target,
  connect: (emulator: Emulator) => TargetOptions,
): void {
  // For the cases of each position of a file in its form. Read here: chaos imports this file without vitest.
  const limit = inject('soak') ? DEFAULT_LIMIT : 2 * MIB;
  const positions = casesFor(target, Object.entries(POSITIONS));
  const sizes = casesFor(target, SIZES).map((size) => (inFull(target) ? size : Math.min(size, limit)));
  describe(`uploads through ${name}`, () => {
    let emulator: Emulator;
    let app: RunningTarget;
    let limited: RunningTarget;
    beforeAll(async () => {
      emulator = await startEmulator();
      app = await target.start(connect(emulator));
      limited = await target.start({ ...connect(emulator), limits: { fileSize: limit } });
    });
    beforeEach(() => emulator.reset());
    afterAll(async () => {
      await app.close();
      await limited.close();
      await emulator.close();
    });

    /** Every image of the response is stored with the bytes that were sent, and no other image is stored. */
    const expectStored = (answer: Answer, sent: readonly Uint8Array[]): void => {
      expect(answer.status, answer.text).toBe(200);
      const ids: string[] = answer.json.images.map((image: { id: string }) => image.id);
      expect(ids.map((id) => emulator.images.sha256(id))).toEqual(sent.map(sha256));
      expect(emulator.images.list()).toHaveLength(sent.length);
    };
    const expectRefused = (answer: Answer, status: number, code: string): void => {
      expect(answer.json).toMatchObject({ status, code });
      expect(answer.status).toBe(status);
      expect(emulator.images.list()).toEqual([]);
    };

    for (const chunked of [false, true]) {
      const how = chunked ? 'chunked' : 'with a Content-Length';
      const places = inFull(target) ? positions : positions.slice(chunked ? 0 : -1, chunked ? 1 : undefined);
      // Where a file stands, and how it is read ahead, is core's to see.
      for (const size of sizes) {
        for (const [position, arrange] of places) {
          it(`stores ${size} bytes, the file ${position}, ${how}`, async () => {
            const bytes = await imageOfSize('image/jpeg', size);
            const answer = await postForm(`${app.url}/single`, arrange(file(bytes)), { chunked });
            expectStored(answer, [bytes]);
            expect(answer.json.body).toEqual({ title: 'Katze', caption: { text: 'Träumt 🐈' } });
            expect(answer.json.files[0]).toMatchObject({
              size,
              mimetype: 'image/jpeg',
              originalname: 'cat.jpg',
            });
          });
        }
      }

      it(`stores several files of one form, ${how}`, async () => {
        const several = [70_000, 400_000, 1024, inject('soak') ? 2 * MIB : MIB, 262_145];
        const files = await Promise.all(several.map((size) => imageOfSize('image/jpeg', size)));
        const parts = files.flatMap((bytes, i) => [file(bytes, `photo${i}`), field(`note${i}`, String(i))]);
        const answer = await postForm(`${app.url}/any`, parts, { chunked });
        expectStored(answer, files);
        expect(answer.json.body).toEqual({ note0: '0', note1: '1', note2: '2', note3: '3', note4: '4' });
      });

      it(`refuses an empty file, ${how}`, async () => {
        const answer = await postForm(`${app.url}/single`, [file(new Uint8Array())], { chunked });
        expectRefused(answer, 400, 'EMPTY_FILE');
        expect(answer.json).toMatchObject({ field: 'avatar', fileName: 'cat.jpg' });
      });

      it(`refuses a file of one byte, which is no image, ${how}`, async () => {
        const answer = await postForm(`${app.url}/single`, [file(Buffer.from([0xff]))], { chunked });
        expectRefused(answer, 415, 'UNSUPPORTED_IMAGE_TYPE');
      });

      for (const [position, arrange] of places) {
        it(`refuses a file above the limit and stores nothing of it, the file ${position}, ${how}`, async () => {
          const bytes = await imageOfSize('image/jpeg', limit + 1);
          const answer = await postForm(`${limited.url}/single`, arrange(file(bytes)), { chunked });
          expectRefused(answer, 413, 'LIMIT_FILE_SIZE');
        });

        it(`stores a file of exactly the limit, the file ${position}, ${how}`, async () => {
          const bytes = await imageOfSize('image/jpeg', limit);
          const answer = await postForm(`${limited.url}/single`, arrange(file(bytes)), { chunked });
          expectStored(answer, [bytes]);
        });
      }
    }

    // A limit like any other, but long.
    if (inject('soak')) {
      it('takes 50 MiB where no limit is set, and no byte more', async () => {
        const kept = await imageOfSize('image/jpeg', DEFAULT_LIMIT);
        expectStored(await postForm(`${app.url}/single`, [file(kept), after]), [kept]);
        await emulator.reset();
        const broken = await imageOfSize('image/jpeg', DEFAULT_LIMIT + 1);
        expectRefused(await postForm(`${app.url}/single`, [file(broken), after]), 413, 'LIMIT_FILE_SIZE');
      });
    }

    it('computes the length of a file that is the last part, and sends it once', async () => {
      const bytes = await imageOfSize('image/jpeg', Math.min(limit, 5 * MIB));
      // In a field of its own: the route knows what comes behind the others.
      const answer = await postForm(`${app.url}/any`, [before, file(bytes, 'alone')]);
      expect(answer.json.files[0].lengthSource).toBe('computed');
      expect(emulator.requests.map((request) => request.route)).toEqual(['create', 'put']);
    });

    it('keeps a file name in UTF-8 and gives it to the service', async () => {
      const bytes = await imageOfSize('image/jpeg', 5000);
      const answer = await postForm(`${app.url}/single`, [file(bytes, 'avatar', 'Kätzchen 猫.jpg')]);
      expect(answer.json.files[0].originalname).toBe('Kätzchen 猫.jpg');
      expect(answer.json.images[0].original_filename).toBe('Kätzchen 猫.jpg');
    });

    it('sends the type of the bytes, not the one that the client claims', async () => {
      const bytes = await imageOfSize('image/png', 5000);
      const answer = await postForm(`${app.url}/single`, [file(bytes)]);
      expect(answer.json.images[0].mime_type).toBe('image/png');
      expect(emulator.requests.find(({ route }) => route === 'put')?.headers['content-type']).toBe(
        'image/png',
      );
    });

    it('refuses what only claims to be an image', async () => {
      for (const bytes of [textNamedPng.bytes, svg.bytes]) {
        const answer = await postForm(`${app.url}/single`, [file(bytes, 'avatar', 'a.png')]);
        expectRefused(answer, 415, 'UNSUPPORTED_IMAGE_TYPE');
      }
      expect(emulator.requests).toEqual([]);
    });

    it('removes the files before one that fails', async () => {
      const good = await imageOfSize('image/jpeg', 400_000);
      const answer = await postForm(`${app.url}/any`, [file(good, 'a'), file(textNamedPng.bytes, 'b')]);
      expectRefused(answer, 415, 'UNSUPPORTED_IMAGE_TYPE');
      expect(answer.json.field).toBe('b');
    });

    it('refuses a second file in a field for one, and a file in a field for none', async () => {
      const bytes = await imageOfSize('image/jpeg', 5000);
      for (const parts of [[file(bytes), file(bytes)], [file(bytes, 'other')]]) {
        expectRefused(await postForm(`${app.url}/single`, parts), 400, 'LIMIT_UNEXPECTED_FILE');
      }
    });

    it('takes a form without a file', async () => {
      const answer = await postForm(`${app.url}/single`, [before]);
      expect(answer.json).toMatchObject({ images: [], body: { title: 'Katze' } });
    });

    it('lets a request that is not multipart pass', async () => {
      const response = await fetch(`${app.url}/single`, { method: 'POST', body: 'hello' });
      expect(await response.json()).toEqual({ images: [], files: [] });
    });
  });
}
