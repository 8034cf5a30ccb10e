import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, type Fault, startEmulator } from './index.ts';
import { api, create, makePng, makePngOf, put } from './testing/client.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

describe('a fault', () => {
  it('answers the nth request only, so many times, and counts', async () => {
    const fault = emulator.faults.add({
      route: 'list',
      nth: 2,
      times: 2,
      status: 503,
      headers: { 'retry-after': '1' },
    });
    const replies = [];
    for (let count = 0; count < 5; count += 1) replies.push(await api(emulator, 'GET', '/images/'));
    expect(replies.map(({ status }) => status)).toEqual([200, 503, 503, 200, 200]);
    expect(replies[1]?.headers.get('retry-after')).toBe('1');
    expect(replies[1]?.json).toEqual({ detail: 'Scripted by a fault.', error_type: 'InjectedFault' });
    expect(fault.hits).toBe(2);
  });

  it('waits its turn behind the one added before', async () => {
    emulator.faults.add({ route: 'list', status: 500 });
    emulator.faults.add({ route: 'list', status: 429 });
    const statuses = [];
    for (let count = 0; count < 3; count += 1) statuses.push((await api(emulator, 'GET', '/images/')).status);
    expect(statuses).toEqual([500, 429, 200]);
  });

  it('with a text body sends it as it is', async () => {
    emulator.faults.add({ route: 'list', status: 502, body: '<html>Bad gateway</html>' });
    emulator.faults.add({
      route: 'list',
      status: 200,
      body: '[{"id": "trunc',
      headers: { 'content-type': 'application/json; x=1' },
    });
    const html = await api(emulator, 'GET', '/images/');
    expect(html).toMatchObject({ status: 502, text: '<html>Bad gateway</html>' });
    expect(html.headers.get('content-type')).toContain('text/html');
    expect((await api(emulator, 'GET', '/images/')).text).toBe('[{"id": "trunc');
  });

  it('strikes only the image that it names', async () => {
    const [one, two] = [await create(emulator), await create(emulator)];
    emulator.faults.add({
      route: 'put',
      imageId: two.image.id,
      status: 500,
      times: Number.POSITIVE_INFINITY,
    });
    expect((await put(one.upload_url, makePng())).status).toBe(200);
    expect((await put(two.upload_url, makePng())).status).toBe(500);
  });

  it('resets after so many bytes, and nothing is stored', async () => {
    const { image, upload_url } = await create(emulator);
    emulator.faults.add({ route: 'put', resetAfterBytes: 100_000 });
    await expect(put(upload_url, makePngOf(5_000_000))).rejects.toThrow('fetch failed');
    expect(emulator.requests.at(-1)).toMatchObject({ route: 'put', state: 'aborted' });
    expect(emulator.requests.at(-1)?.bytesReceived).toBeGreaterThanOrEqual(100_000);
    expect(emulator.images.sha256(image.id)).toBeUndefined();
    expect((await put(upload_url, makePng())).status).toBe(200);
  });

  it('answers while the body still flows', async () => {
    const { upload_url } = await create(emulator);
    emulator.faults.add({ route: 'put', status: 403, respondAfterBytes: 0 });
    expect((await put(upload_url, makePngOf(20_000_000))).status).toBe(403);
    expect(emulator.requests.at(-1)?.bytesReceived).toBeLessThan(20_000_000);
  });

  it('stalls until it is removed, and the request then goes on', async () => {
    const { image, upload_url } = await create(emulator);
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 1000 });
    const reply = put(upload_url, makePngOf(20_000_000));
    await emulator.waitFor(() => stall.hits === 1 && (emulator.requests.at(-1)?.bytesReceived ?? 0) >= 1000);
    expect(emulator.images.sha256(image.id)).toBeUndefined();
    stall.remove();
    expect((await reply).status).toBe(200);
  });

  it('that stalls lets go of a client that has left', async () => {
    const { upload_url } = await create(emulator);
    emulator.faults.add({ route: 'put', stallAfterBytes: 1000 });
    const giveUp = new AbortController();
    const init = { method: 'PUT', body: makePngOf(20_000_000), signal: giveUp.signal };
    const reply = fetch(upload_url, init as RequestInit);
    await emulator.waitFor(() => (emulator.requests.at(-1)?.bytesReceived ?? 0) >= 1000);
    giveUp.abort();
    await expect(reply).rejects.toThrow('aborted');
    emulator.faults.clear();
    await emulator.waitFor(() => emulator.requests.at(-1)?.state === 'aborted');
  });

  it('reads at the rate it names', async () => {
    const { upload_url } = await create(emulator);
    emulator.faults.add({ route: 'put', readBytesPerSecond: 1_000_000 });
    const began = performance.now();
    expect((await put(upload_url, makePngOf(200_000))).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(190);
  });

  it('treats a good URL as expired', async () => {
    const { upload_url } = await create(emulator);
    emulator.faults.add({ route: 'put', expired: true });
    expect(await put(upload_url, makePng())).toMatchObject({
      status: 403,
      text: expect.stringContaining('expired'),
    });
    expect((await put(upload_url, makePng())).status).toBe(200);
  });

  it('does the work and loses the answer', async () => {
    emulator.faults.add({ route: 'create', afterProcessing: true });
    await expect(create(emulator, { idempotency_key: 'once' })).rejects.toThrow('fetch failed');
    expect(emulator.images.list()).toHaveLength(1);
    await create(emulator, { idempotency_key: 'once' });
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('never answers, and close ends it all the same', async () => {
    emulator.faults.add({ route: 'list', hang: true });
    const reply = api(emulator, 'GET', '/images/');
    reply.catch(() => undefined);
    await emulator.waitFor(() => emulator.requests.length === 1);
    await emulator.close();
    emulator.assertNoOpenConnections();
    await expect(reply).rejects.toThrow();
  });

  it('closes the idle connection after its answer', async () => {
    emulator.faults.add({ route: 'list', closeIdle: true });
    const reply = await api(emulator, 'GET', '/images/');
    expect(reply.status).toBe(200);
    expect(reply.headers.get('connection')).toBe('keep-alive');
    await emulator.waitFor(() => emulator.connections() === 0);
    emulator.assertNoOpenConnections();
  });

  it.each<[string, object]>([
    ['"route" must be one of list, create', { route: 'nowhere' }],
    ['"route" must be one of list, create', {}],
    ['"nth" must be an integer that is at least 1', { route: 'put', nth: 0 }],
    ['"times" must be an integer that is at least 1, or null for ever', { route: 'put', times: 0 }],
    ['"delayMs" must be an integer', { route: 'put', delayMs: '5' }],
    ['"status" must be an integer', { route: 'put', status: 42 }],
    ['"headers" must be an object of header', { route: 'put', headers: { 'a b': 'c' } }],
    ['unknown option "statsu"; did you mean "status"?', { route: 'put', statsu: 500 }],
    [
      'faults.add(): the fault has no effect: write one of status, delayMs, stallAfterBytes',
      { route: 'put' },
    ],
    ['the fault has no effect', { route: 'put', nth: 2, times: 3, imageId: 'x' }],
    ['the fault has no effect', { route: 'put', status: undefined }],
    ['the fault has no effect', { route: 'put', body: 'x', headers: { 'retry-after': '1' } }],
  ])('that makes no sense is a TypeError: %s', (message, fault) => {
    expect(() => emulator.faults.add(fault as Fault)).toThrow(message);
  });
});

it('tells what it saw when a wait is in vain', async () => {
  await create(emulator);
  const wait = emulator.waitFor(() => false, { timeoutMs: 5, description: 'the impossible' });
  await expect(wait).rejects.toThrow(
    /Waited for the impossible: it did not come within 5 ms\.\nRequests seen \(1.*\n {2}create: POST .*response 200/s,
  );
});

it('forgets everything at reset but the keys', async () => {
  await create(emulator);
  emulator.faults.add({ route: 'list', status: 500 });
  const { apiKey } = emulator;
  await emulator.reset();
  expect([emulator.images.list(), emulator.requests, emulator.faults.list()]).toEqual([[], [], []]);
  expect((await api(emulator, 'GET', '/images/', undefined, apiKey)).status).toBe(200);
});
