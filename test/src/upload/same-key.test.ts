import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, type OpenPost, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

const bytes = await imageOfSize('image/jpeg', 900_000);
const avatar: Part = { name: 'avatar', fileName: 'a.jpg', bytes };
const photo: Part = { name: 'photos', fileName: 'b.jpg', bytes: await imageOfSize('image/jpeg', 5000) };
const text: Part = { name: 'photos', fileName: 'b.jpg', bytes: Buffer.from('no image') };
/** Where the first file of a form with two has ended. */
const STORED = encodeForm([avatar]).length;

describe.each(throughTransports(sample(TARGETS)))(
  'an upload whose idempotencyKey another has at the same time, $name over $transport',
  ({ target, connect }) => {
    let emulator: Emulator;
    let app: RunningTarget;
    const stored: unknown[] = [];
    const onStored = (message: unknown): void => void stored.push(message);
    beforeEach(async () => {
      stored.length = 0;
      subscribe('imgwire:upload:stored', onStored);
      emulator = await startEmulator();
      const metadata = (_req: unknown, { fieldname }: { fieldname: string }) =>
        fieldname === 'avatar' ? { idempotencyKey: 'one' } : {};
      app = await target.start({ ...connect(emulator), metadata });
    });
    afterEach(async () => {
      unsubscribe('imgwire:upload:stored', onStored);
      await app.close();
      await emulator.close();
      await expect.poll(() => openTemporaryFiles()).toEqual([]);
    });
    const of = (route: string) => emulator.requests.filter((request) => request.route === route);
    const ids = (): string[] => emulator.images.list().map(({ id }) => id);
    const deleted = (): Promise<unknown> =>
      emulator.waitFor(() => of('delete').some(({ state }) => state === 'finished'));
    /** Sends some bytes of a form, and waits until as many PUTs have begun. */
    const begin = async (form: Buffer, length: number, puts: number): Promise<OpenPost> => {
      const post = openPost(`${app.url}/fields`, form.length);
      post.answer.catch(() => undefined);
      await post.write(form.subarray(0, length));
      await emulator.waitFor(() => of('put').length === puts);
      return post;
    };
    const expectStored = async ({ status, text: said, json }: Awaited<OpenPost['answer']>): Promise<void> => {
      expect(status, said).toBe(200);
      expect(ids()).toEqual(json.images.map((image: { id: string }) => image.id));
      expect(emulator.images.sha256(ids()[0] ?? '')).toBe(sha256(bytes));
    };

    it('is stored when the other one ends meanwhile, whose client has sent its form again', async () => {
      const before = await begin(encodeForm([avatar]), 600_000, 1);
      emulator.faults.add({ route: 'delete', delayMs: 300, times: null });
      const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
      const again = postForm(`${app.url}/fields`, [avatar]);
      await emulator.waitFor(() => of('put').length === 2);
      before.request.destroy();
      await expect.poll(() => app.errors.length + of('delete').length).toBeGreaterThan(0);
      held.remove();
      const answer = await again;
      await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
      await expectStored(answer);
    });

    it('is stored under a new record when that of the other one is being deleted', async () => {
      const before = await begin(encodeForm([avatar]), 600_000, 1);
      emulator.faults.add({ route: 'delete', delayMs: 300 });
      before.request.destroy();
      await emulator.waitFor(() => of('delete').length === 1);
      const answer = await postForm(`${app.url}/fields`, [avatar]);
      await deleted();
      await expectStored(answer);
    });

    it('is kept when the form that has stored it fails, by one that was told of it', async () => {
      const form = encodeForm([avatar, text]);
      const before = await begin(form, STORED, 1);
      await emulator.waitFor(() => emulator.images.list()[0]?.status === 'READY');
      const answer = await postForm(`${app.url}/fields`, [avatar]);
      expect(answer.json.files).toMatchObject([{ existing: true }]);
      before.request.end(form.subarray(STORED));
      expect((await before.answer).status).toBe(415);
      await expectStored(answer);
    });

    it('gets a record of its true length, though the other one has the one whose length was computed wrong', async () => {
      const form = encodeForm([avatar, { name: 'title', value: 'A field behind the file' }]);
      const posts = [await begin(form, 600_000, 1), await begin(form, 600_000, 2)];
      for (const { request } of posts) request.end(form.subarray(600_000));
      for (const { answer } of posts) await expectStored(await answer);
    });

    it('leaves nothing when both fail, whichever of them has stored it', async () => {
      const form = encodeForm([avatar, text]);
      const before = await begin(form, STORED, 1);
      await emulator.waitFor(() => emulator.images.list()[0]?.status === 'READY');
      const deletes = of('delete').length;
      const again = openPost(`${app.url}/fields`, form.length);
      await again.write(form.subarray(0, STORED));
      await expect.poll(() => stored).toMatchObject([{}, { existing: true }]);
      before.request.end(form.subarray(STORED));
      expect((await before.answer).status).toBe(415);
      expect(ids()).toHaveLength(1);
      again.request.end(form.subarray(STORED));
      expect((await again.answer).status).toBe(415);
      expect(ids()).toEqual([]);
      expect(of('delete')).toHaveLength(deletes + 1);
    });

    it('leaves nothing of two that end together', async () => {
      const form = encodeForm([avatar, photo]);
      const posts = [await begin(form, 600_000, 1), await begin(form, 600_000, 2)];
      for (const { request } of posts) request.destroy();
      await expect.poll(() => app.errors).toHaveLength(2);
      await emulator.waitFor(() => ids().length === 0);
      expect(of('delete')).toHaveLength(1);
    });
  },
);
