import { createImgwire, type Imgwire } from '@imgwire/core';
import { directUploadEndpoint, tokenEndpoint } from '@imgwire/core/adapter';
import { type Emulator, type EmulatorOptions, startEmulator } from '@imgwire/emulator';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Begun, type Completed, declare, put } from '../support/direct-client.ts';
import { makeImage } from '../support/images.ts';

const png = await makeImage('image/png', { width: 20, height: 10 });
const wide = await makeImage('image/png', { width: 200, height: 10 });

interface Answer {
  readonly status: number;
  readonly code?: string;
  readonly uploads: readonly [Begun];
  readonly results: readonly [Completed];
}

interface Opened {
  readonly emulator: Emulator;
  readonly imgwire: Imgwire;
  readonly stored: string[];
  post(body: object): Promise<Answer>;
  begin(more?: object): Promise<Begun>;
  left(): string[];
}

/** An endpoint without notes. */
async function open(rules: object = {}, options: EmulatorOptions = {}): Promise<Opened> {
  const emulator = await startEmulator(options);
  onTestFinished(() => emulator.close());
  const imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url, logger: {} });
  const stored: string[] = [];
  const endpoint = directUploadEndpoint({
    ...{ imgwire, authorize: () => true, subject: () => 'alice' },
    ...{ onStored: ({ id }: { id: string }) => stored.push(id), ...rules },
  });
  const post = async (body: object): Promise<Answer> => {
    const response = await endpoint({ method: 'POST', headers: {}, url: '/photos' }, { body: () => body });
    return { ...(response.body as Answer), status: response.status };
  };
  return {
    ...{ emulator, imgwire, stored, post },
    begin: async (more = {}) => (await post({ files: [declare(png, more)] })).uploads[0],
    left: () => emulator.images.list().map(({ id }) => id),
  };
}

describe('direct uploads without notes', () => {
  it('are not deleted by a cancellation that has seen them PENDING, and that a completion overtakes', async () => {
    const { emulator, stored, post, begin, left } = await open({}, { readyDelayMs: 300 });
    const begun = await begin();
    await put(begun, png);
    emulator.faults.add({ route: 'delete', delayMs: 1_000 });
    const [completed, cancelled] = await Promise.all([
      post({ completed: [begun.ticket] }),
      post({ cancelled: [begun.ticket] }),
    ]);
    expect(cancelled.status).toBe(204);
    // Either may be first, but not both.
    expect(left()).toEqual(stored);
    expect(completed.status).toBe(stored.length > 0 ? 200 : 410);
  });

  it('are not deleted once they are stored, whatever is PUT and completed after', async () => {
    const options = { repeatedPut: 'overwrite', presigned: 'none' } as const;
    const { stored, post, begin, left } = await open({ maxPixels: 1_000 }, options);
    const begun = await begin();
    await put(begun, png);
    expect((await post({ completed: [begun.ticket] })).status).toBe(200);
    await put(begun, wide);
    expect(await post({ completed: [begun.ticket] })).toMatchObject({
      status: 200,
      results: [{ image: { id: begun.imageId } }],
    });
    expect({ stored, left: left() }).toEqual({ stored: [begun.imageId], left: [begun.imageId] });
  });

  it('are deleted in time where a cancellation could not know whether they are PENDING', async () => {
    const { emulator, post, begin } = await open({ maxPending: 1 });
    const { ticket } = await begin();
    emulator.faults.add({ route: 'retrieve', status: 400 });
    expect((await post({ cancelled: [ticket] })).status).toBe(204);
    expect(await post({ files: [declare(png)] })).toMatchObject({ status: 429 });
    expect((await post({ cancelled: [ticket] })).status).toBe(204);
    expect((await post({ files: [declare(png)] })).status).toBe(200);
  });
});

describe('a ticket', () => {
  it('is one also of a field whose name is as long as the rules let it be', async () => {
    const { post, begin } = await open({ limits: { fieldNameSize: 10_000 } });
    const begun = await begin({ field: 'f'.repeat(10_000) });
    await put(begun, png);
    expect((await post({ completed: [begun.ticket] })).status).toBe(200);
  });

  it('is completed with the longest onStoredTimeoutMs too', async () => {
    const { post, begin } = await open({
      onStored: () => new Promise((resolve) => setImmediate(() => setImmediate(resolve, 'saved'))),
      onStoredTimeoutMs: Number.MAX_SAFE_INTEGER,
    });
    const begun = await begin();
    await put(begun, png);
    expect(await post({ completed: [begun.ticket] })).toMatchObject({
      status: 200,
      results: [{ data: 'saved' }],
    });
  });

  it('of a token is worth nothing for direct uploads at a path of the same name', async () => {
    const { emulator, imgwire, post } = await open();
    const tokens = tokenEndpoint({ imgwire, authorize: () => true, subject: () => 'alice' });
    const issued = await tokens({ method: 'POST', headers: {}, url: '/photos' });
    const { ticket } = issued.body as { ticket: string };
    const calls = emulator.requests.length;
    expect(await post({ completed: [ticket] })).toMatchObject({ status: 403, code: 'TICKET_INVALID' });
    expect(await post({ cancelled: [ticket] })).toMatchObject({ status: 403, code: 'TICKET_INVALID' });
    expect(emulator.requests).toHaveLength(calls);
  });
});

describe('the uploads of one subject', () => {
  it('are at most maxPending, also when they are begun at once, and not fewer after a failure', async () => {
    const { emulator, post, left } = await open({ maxPending: 2 });
    emulator.faults.add({ route: 'create', status: 422, times: 2 });
    const files = [declare(png)];
    for (const _ of [1, 2]) expect((await post({ files })).status).toBe(502);
    const all = await Promise.all(Array.from({ length: 10 }, () => post({ files })));
    expect(all.filter(({ status }) => status === 429)).toHaveLength(8);
    expect(left()).toHaveLength(2);
  });

  it('count no longer once they are rejected', async () => {
    const { post, begin } = await open({ maxPending: 1, maxPixels: 1_000 });
    const begun = await begin({ size: wide.length, head: undefined });
    await put(begun, wide);
    expect((await post({ completed: [begun.ticket] })).status).toBe(413);
    expect((await post({ files: [declare(png)] })).status).toBe(200);
  });

  it('count no longer once they are stored after the response', async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const { post, begin } = await open({ maxPending: 1, onStored: () => held, onStoredTimeoutMs: 10 });
    const begun = await begin();
    await put(begun, png);
    expect((await post({ completed: [begun.ticket] })).status).toBe(202);
    expect((await post({ files: [declare(png)] })).status).toBe(429);
    finish();
    await expect.poll(async () => (await post({ files: [declare(png)] })).status).toBe(200);
  });
});
