import { inspect } from 'node:util';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { inFull, sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { throughTransports } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;

describe.each(throughTransports(sample(TARGETS)))(
  'a failing service behind $name, over $transport',
  ({ target, connect }) => {
    let emulator: Emulator;
    let app: RunningTarget;
    beforeEach(async () => {
      emulator = await startEmulator();
      app = await target.start({ ...connect(emulator), requestTimeoutMs: 2000, putIdleTimeoutMs: 2000 });
    });
    afterEach(async () => {
      await app.close();
      await emulator.close();
      await expect.poll(() => openTemporaryFiles()).toEqual([]);
    });

    const upload = async (size: number): Promise<{ bytes: Buffer; answer: Answer }> => {
      const bytes = await imageOfSize('image/jpeg', size);
      const answer = await postForm(`${app.url}/single`, [{ name: 'avatar', fileName: 'a.jpg', bytes }]);
      return { bytes, answer };
    };
    const expectOneImage = ({ bytes, answer }: { bytes: Buffer; answer: Answer }): void => {
      expect(answer.status, answer.text).toBe(200);
      expect(emulator.images.list().map(({ id }) => id)).toEqual([answer.json.images[0].id]);
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    };

    for (const size of inFull(target) ? [100_000, 3 * MIB] : [3 * MIB]) {
      it(`is one success after create answered 500 twice (${size} bytes)`, async () => {
        emulator.faults.add({ route: 'create', status: 500, times: 2 });
        expectOneImage(await upload(size));
      });

      it(`is one image after the answer of create was lost (${size} bytes)`, async () => {
        emulator.faults.add({ route: 'create', afterProcessing: true });
        expectOneImage(await upload(size));
      });

      it(`is one success after the PUT answered 503 and was then reset in the middle (${size} bytes)`, async () => {
        emulator.faults.add({ route: 'put', nth: 1, status: 503, headers: { 'retry-after': '0' } });
        emulator.faults.add({ route: 'put', nth: 2, resetAfterBytes: size / 2 });
        expectOneImage(await upload(size));
        expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(3);
      });

      it(`is one success after the PUT was refused while it still flowed (${size} bytes)`, async () => {
        emulator.faults.add({ route: 'put', status: 503, respondAfterBytes: 50_000 });
        expectOneImage(await upload(size));
      });

      it(`is one success after the upload URL had expired (${size} bytes)`, async () => {
        emulator.faults.add({ route: 'put', expired: true });
        expectOneImage(await upload(size));
      });

      it(`leaves no record when the PUT fails for good (${size} bytes)`, async () => {
        emulator.faults.add({ route: 'put', status: 500, times: 3 });
        const { answer } = await upload(size);
        expect(answer.json).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE', field: 'avatar' });
        expect(emulator.images.list()).toEqual([]);
      });
    }

    // What follows is core's to decide.
    if (!inFull(target)) return;

    it('blames the service, and not the client, when it does not find the record of an upload', async () => {
      await app.close();
      const options = { ...connect(emulator), waitUntilReady: true };
      app = await target.start(options);
      emulator.faults.add({ route: 'retrieve', status: 404 });
      const { answer } = await upload(5000);
      expect(answer.json).toMatchObject({ status: 502, code: 'UPSTREAM_REJECTED', field: 'avatar' });
      expect(emulator.images.list()).toEqual([]);
    });

    it('answers 504 when the service never answers', async () => {
      await app.close();
      app = await target.start({ ...connect(emulator), putIdleTimeoutMs: 200 });
      emulator.faults.add({ route: 'put', hang: true, times: 3 });
      const { answer } = await upload(MIB);
      expect(answer.json).toMatchObject({ status: 504, code: 'UPSTREAM_TIMEOUT' });
      expect(emulator.images.list()).toEqual([]);
    });

    it('passes a long Retry-After on to the client', async () => {
      emulator.faults.add({ route: 'put', status: 429, headers: { 'retry-after': '120' } });
      const { answer } = await upload(MIB);
      expect(answer.status).toBe(503);
      expect(answer.headers['retry-after']).toBe('120');
      expect(emulator.images.list()).toEqual([]);
    });

    for (const [status, response, code] of [
      [401, 502, 'UPSTREAM_REJECTED'],
      [402, 503, 'ACCOUNT_LIMIT_REACHED'],
      [422, 502, 'UPSTREAM_REJECTED'],
    ] as const) {
      it.each(['create', 'put'] as const)(
        `responds with ${response} when %s responds with ${status}, and the key is nowhere`,
        async (route) => {
          const detail = `refused for Bearer ${emulator.apiKey}`;
          emulator.faults.add({ route, status, body: { detail, error_type: 'SomeError' }, times: 9 });
          const { answer } = await upload(MIB);
          expect(answer.json).toMatchObject({ status: response, code });
          expect(emulator.images.list()).toEqual([]);
          const [error] = app.errors;
          expect(error).toMatchObject({ code, upstreamStatus: status });
          const seen = [
            answer.text,
            JSON.stringify(error),
            inspect(error, { depth: 20, showHidden: true }),
            String((error as Error).stack),
          ];
          for (const text of seen) {
            expect(text).not.toContain(emulator.apiKey);
            expect(text).not.toContain(emulator.apiKey.slice(3));
            expect(text).not.toMatch(/https?:\/\//);
          }
        },
      );
    }
  },
);
