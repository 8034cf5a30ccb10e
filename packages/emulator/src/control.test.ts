import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { api, makePng, send, upload } from './testing/client.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

const control = (method: string, path: string, body?: unknown) =>
  send(`${emulator.url}/_emulator${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

it('adds, lists, counts and removes faults over HTTP', async () => {
  const { json } = await control('POST', '/faults', { route: 'list', status: 503, times: null });
  expect((await api(emulator, 'GET', '/images/')).status).toBe(503);
  expect((await control('GET', '/faults')).json).toEqual([
    { id: json.id, seen: 1, hits: 1, route: 'list', status: 503, times: null },
  ]);
  expect((await control('DELETE', `/faults/${json.id}`)).status).toBe(200);
  expect((await control('DELETE', `/faults/${json.id}`)).status).toBe(404);
  expect((await api(emulator, 'GET', '/images/')).status).toBe(200);
  await control('POST', '/faults', { route: 'put', hang: true });
  await control('DELETE', '/faults');
  expect(emulator.faults.list()).toEqual([]);
});

it('says what is wrong with a fault in the shape of the service', async () => {
  const reply = await control('POST', '/faults', { route: 'put', statsu: 1 });
  expect([reply.status, reply.json.detail]).toEqual([
    422,
    [{ loc: ['body'], msg: 'faults.add: there is no "statsu".', type: 'value_error' }],
  ]);
  expect((await control('POST', '/faults', [])).status).toBe(422);
});

it('shows images, requests and faults as one state, and keeps its own requests out of it', async () => {
  await control('POST', '/reset');
  const image = await upload(emulator, makePng());
  const { json } = await control('GET', '/state');
  expect(json.images).toEqual([{ ...image, sha256: emulator.images.sha256(image.id) }]);
  expect(json.requests.map(({ route }: { route: string }) => route)).toEqual(['put', 'create']);
});

it('resets over HTTP while other requests hang, and answers', async () => {
  emulator.faults.add({ route: 'list', hang: true });
  const hanging = api(emulator, 'GET', '/images/');
  hanging.catch(() => undefined);
  await emulator.waitFor(() => emulator.requests.some(({ route }) => route === 'list'));
  expect((await control('POST', '/reset')).json).toEqual({ status: 'ok' });
  await expect(hanging).rejects.toThrow('fetch failed');
  expect([emulator.images.list(), emulator.requests, emulator.faults.list()]).toEqual([[], [], []]);
});

it('takes orders from no foreign page', async () => {
  const plain = await send(`${emulator.url}/_emulator/reset`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
  });
  expect(plain.status).toBe(415);
  const asked = await send(`${emulator.url}/_emulator/faults`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example' },
  });
  expect(asked.headers.get('access-control-allow-origin')).toBeNull();
});

it('serves its page and the script of it', async () => {
  const html = await send(`${emulator.url}/`);
  expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(html.headers.get('content-security-policy')).toContain("default-src 'self'");
  const script = await send(`${emulator.url}/_emulator/page.js`);
  expect(() => new Function(script.text)).not.toThrow();
});
