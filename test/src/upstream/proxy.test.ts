import { createImgwire, type ImgwireOptions } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import * as undici7 from 'undici';
import * as undici6 from 'undici6';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { sdkShapedClient } from '../support/sdk-shape.ts';
import { TARGETS } from '../support/targets.ts';
import { sha256 } from '../support/upload-suite.ts';
import { type ConnectProxy, startProxy } from './connect-proxy.ts';

/** A name that only the proxy knows: what does not go through it goes nowhere. */
const HOST = 'imgwire.test';

let emulator: Emulator;
let proxy: ConnectProxy;
let connection: ImgwireOptions;
let large: Buffer;
beforeAll(async () => {
  emulator = await startEmulator({ publicUrl: `http://${HOST}` });
  connection = { apiKey: emulator.apiKey, baseUrl: `http://${HOST}`, maxAttempts: 1 };
  large = await imageOfSize('image/png', 3_000_000);
});
beforeEach(async () => {
  await emulator.reset();
  proxy = await startProxy({ [`${HOST}:80`]: Number(new URL(emulator.url).port) });
});
afterEach(() => {
  proxy.close();
  vi.unstubAllEnvs();
});
afterAll(() => emulator.close());

const routes = (): string[] => emulator.requests.map(({ route }) => route);

describe.each([
  ['7', undici7],
  ['6', undici6],
])('a dispatcher of undici %s', (_version, { EnvHttpProxyAgent, ProxyAgent }) => {
  it('takes the calls and the PUT, and is left open', async () => {
    const dispatcher = new ProxyAgent(proxy.url);
    const imgwire = createImgwire({ ...connection, dispatcher });
    const { id } = await imgwire.upload({ file: large });
    expect(await imgwire.waitUntilReady(id)).toMatchObject({ status: 'READY' });
    await imgwire.delete(id);
    expect(routes()).toEqual(['create', 'put', 'retrieve', 'delete']);
    expect(new Set(proxy.tunnels)).toEqual(new Set([`${HOST}:80`]));
    await imgwire.close();
    const next = createImgwire({ ...connection, dispatcher });
    await next.createUploadToken();
    await next.close();
    await dispatcher.close();
  });

  it('takes the proxy from the environment', async () => {
    vi.stubEnv('http_proxy', proxy.url);
    vi.stubEnv('no_proxy', '');
    const dispatcher = new EnvHttpProxyAgent();
    const imgwire = createImgwire({ ...connection, dispatcher });
    await imgwire.upload({ file: large });
    expect(routes()).toEqual(['create', 'put']);
    await imgwire.close();
    await dispatcher.close();
  });

  it('fails as the service does where its proxy refuses', async () => {
    const dispatcher = new ProxyAgent(proxy.url);
    const imgwire = createImgwire({ ...connection, baseUrl: 'http://elsewhere.test', dispatcher });
    await expect(imgwire.upload({ file: large })).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await imgwire.close();
    await dispatcher.close();
  });

  it('ends a PUT that makes no progress', async () => {
    emulator.faults.add({ route: 'put', hang: true });
    const dispatcher = new ProxyAgent(proxy.url);
    const imgwire = createImgwire({ ...connection, dispatcher, putIdleTimeoutMs: 300 });
    await expect(imgwire.upload({ file: large })).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
    expect(emulator.images.list()).toEqual([]);
    await imgwire.close();
    await dispatcher.destroy();
  });

  it('takes the PUT beside a client, which makes its own calls', async () => {
    const dispatcher = new ProxyAgent(proxy.url);
    const imgwire = createImgwire({ client: sdkShapedClient(emulator), maxAttempts: 1, dispatcher });
    await imgwire.upload({ file: large });
    expect(routes()).toEqual(['create', 'put']);
    expect(proxy.tunnels).toEqual([`${HOST}:80`]);
    await imgwire.close();
    await dispatcher.close();
  });
});

it('goes over the dispatcher inside Node, which fetch uses', async () => {
  // Node makes it when fetch is first used.
  await fetch(emulator.url);
  const dispatcher = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  const imgwire = createImgwire({ ...connection, baseUrl: emulator.url, dispatcher });
  await imgwire.createUploadToken();
  await expect(imgwire.retrieve('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({
    code: 'IMAGE_NOT_FOUND',
    upstreamStatus: 404,
  });
  await imgwire.close();
});

describe.each(TARGETS)('$name behind a proxy', (target) => {
  it.each([true, false])('stores the files of a form, replay: %s', async (replay) => {
    const dispatcher = new undici7.ProxyAgent(proxy.url);
    const app = await target.start({ ...connection, dispatcher, replay });
    const form: Part[] = [{ name: 'a', fileName: 'a.png', bytes: large }];
    const answer = await postForm(`${app.url}/any`, form);
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(large));
    await app.close();
    await dispatcher.close();
  });
});

it.each([
  [
    'no dispatcher',
    { dispatcher: 'http://proxy.example:3128' },
    /"dispatcher" must be a Dispatcher of undici/,
  ],
  ['the old name of a call', { dispatcher: { request: () => undefined } }, /"dispatcher" must be/],
  [
    'a time to connect beside one',
    { dispatcher: { dispatch: () => true }, connectTimeoutMs: 5 },
    /"connectTimeoutMs" belongs to the `dispatcher`/,
  ],
])('is refused at start: %s', (_name, options, message) => {
  const make = () => createImgwire({ apiKey: 'sk_x', ...options } as unknown as ImgwireOptions);
  expect(make).toThrow(TypeError);
  expect(make).toThrow(message);
});
