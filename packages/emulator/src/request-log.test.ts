import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { api, create, makePng, put, send } from './testing/client.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ requestLogLimit: 200 });
});
afterEach(() => emulator.close());

const large = (letter: string) =>
  api(emulator, 'POST', '/images/standard_upload', { file_name: letter.repeat(200_000) });

describe('the log', () => {
  it('drops the oldest requests when their bodies take more than 64 KiB for each that it may have, long before it has as many', async () => {
    for (let count = 0; count < 20; count += 1) await large('a');
    await large('b');
    const { length } = emulator.requests;
    expect(length).toBeGreaterThan(2);
    expect(length).toBeLessThan(20);
    expect(emulator.requests.at(-1)?.body).toEqual({ file_name: 'b'.repeat(200_000) });
    expect(emulator.images.list()).toHaveLength(21);
  });

  it('has room again when it was reset, or emptied by a test', async () => {
    for (const empty of [() => emulator.reset(), () => emulator.requests.splice(0)]) {
      for (let count = 0; count < 10; count += 1) await large('a');
      await empty();
      for (let count = 0; count < 5; count += 1) await large('b');
      expect(emulator.requests).toHaveLength(5);
    }
  });

  it('keeps as many requests of the usual size as it may have', async () => {
    const { upload_url } = await create(emulator, { idempotency_key: 'k', custom_metadata: { a: 'b' } });
    await put(upload_url, makePng());
    const [usual] = emulator.requests;
    const text = JSON.stringify([usual?.body, usual?.headers]).length;
    expect(8 * text).toBeLessThan(64 * 1024);
  });

  it('has the beginning of a long refusal, and a refusal lists a thousand problems', async () => {
    const image_ids = Array.from({ length: 100_000 }, () => 1);
    const { status, json } = await api(emulator, 'POST', '/images/bulk_delete', { image_ids });
    expect([status, json.detail.length]).toEqual([422, 1000]);
    expect(emulator.requests[0]?.errorBody).toHaveLength(4096);
    expect((await send(`${emulator.url}/_emulator/state`)).status).toBe(200);
  });
});
