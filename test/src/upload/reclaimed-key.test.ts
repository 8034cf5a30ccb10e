import { type Emulator, type EmulatorRequest, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeForm, type OpenPost, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { TRANSPORTS } from '../support/transports.ts';
import { sha256 } from '../support/upload-suite.ts';

const bytes = await imageOfSize('image/jpeg', 900_000);
const large: Part = { name: 'avatar', fileName: 'a.jpg', bytes };
const small: Part = { ...large, bytes: await imageOfSize('image/jpeg', 5000) };
const form = encodeForm([large]);

describe.each(TRANSPORTS)('a place of a slow client whose key others use, over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let app: RunningTarget;
  afterEach(async () => {
    await app.close();
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  const seen = (matches: (request: EmulatorRequest) => boolean): Promise<unknown> =>
    emulator.waitFor(({ requests }) => requests.some(matches));
  const puts = (): number => emulator.requests.filter(({ route }) => route === 'put').length;
  const openSlow = async (headers: Record<string, string> = {}): Promise<OpenPost> => {
    const before = puts();
    const post = openPost(`${app.url}/single`, form.length, { headers });
    await post.write(form.subarray(0, 600_000));
    await emulator.waitFor(
      ({ requests }) =>
        requests.filter(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0).length > before,
    );
    return post;
  };

  it('is not taken: no image is deleted that another client was told of', async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ ...connect(emulator), maxConcurrentUploads: 4 });
    const metadata = async ({ headers }: { headers: Record<string, unknown> }) =>
      'x-key' in headers ? { idempotencyKey: String(headers['x-key']) } : {};
    app = (await TARGETS[0]?.start({ imgwire, metadata } as never)) as RunningTarget;
    const keyed = await openSlow({ 'x-key': 'one' });
    const other = await openSlow();
    const held = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: 2 });
    const again = postForm(`${app.url}/single`, [large], { headers: { 'x-key': 'one' } });
    const here = postForm(`${app.url}/single`, [small]);
    await emulator.waitFor(() => puts() === 4);
    emulator.faults.add({ route: 'delete', delayMs: 1000 });
    const waiting = postForm(`${app.url}/single`, [small]);
    await seen(({ route }) => route === 'delete');
    held.remove();
    const answer = await again;
    expect(answer.status, answer.text).toBe(200);
    expect((await waiting).status).toBe(200);
    expect((await here).status).toBe(200);
    for (const { request } of [keyed, other]) request.end(form.subarray(600_000));
    expect((await keyed.answer).status).toBe(200);
    expect((await other.answer).status).toBe(200);
    const [{ id }] = answer.json.images;
    expect(emulator.images.list().map((image) => image.id)).toContain(id);
    expect(emulator.images.sha256(id)).toBe(sha256(bytes));
  });
});
