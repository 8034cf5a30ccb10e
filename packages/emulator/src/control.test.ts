import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Emulator, type Fault, startEmulator } from './index.ts';
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
    [
      {
        loc: ['body'],
        msg: 'faults.add(): unknown option "statsu"; did you mean "status"?',
        type: 'value_error',
      },
    ],
  ]);
  expect((await control('POST', '/faults', [])).status).toBe(422);
});

const each = (names: readonly string[], values: readonly unknown[]): readonly object[] =>
  names.flatMap((name) => values.map((value) => ({ route: 'put', [name]: value })));
const FAULTS: readonly object[] = [
  ...each(
    ['nth', 'times', 'readBytesPerSecond', 'stallAfterBytes', 'resetAfterBytes', 'respondAfterBytes'],
    [1, 0, -1, 1.5, '1', null, true, [1], 2 ** 60],
  ),
  ...each(['delayMs', 'status'], [0, 200, 600, 2.5, '200', null]),
  ...each(['expired', 'hang', 'closeIdle', 'afterProcessing'], [true, false, null, 1, 'true']),
  ...each(
    ['headers'],
    [{}, { a: 1 }, { a: ['1', '2'] }, { a: null }, { a: {} }, { 'a b': '' }, null, [], 'a'],
  ),
  ...each(['body'], ['', 'text', {}, [], null, 1]),
  ...each(['imageId', 'route', 'unknown'], ['', 'x', null, 1]),
];

it.each(FAULTS)('%j means the same to faults.add and over HTTP', async (fault) => {
  const taken = () => emulator.faults.list().map(({ id: _, ...report }) => report);
  const add = () => {
    emulator.faults.add(fault as Fault);
    return taken();
  };
  emulator.faults.clear();
  const { status, json } = await control('POST', '/faults', fault);
  const overHttp = status === 200 ? taken() : json.detail[0].msg;
  emulator.faults.clear();
  if (status === 200) expect(add()).toEqual(overHttp);
  else expect(add).toThrow(overHttp);
});

it.each(['nth', 'readBytesPerSecond', 'stallAfterBytes', 'resetAfterBytes', 'respondAfterBytes'])(
  'takes no number for %s that JSON cannot hold',
  (name) => {
    const fault = { route: 'put', [name]: Number.POSITIVE_INFINITY } as unknown as Fault;
    expect(() => emulator.faults.add(fault)).toThrow(`"${name}" must be an integer`);
  },
);

it.each([{ a: null }, { a: {} }, { a: [1, [2]] }])('takes no fault with the headers %j', (headers) => {
  const fault = { route: 'put', headers } as unknown as Fault;
  expect(() => emulator.faults.add(fault)).toThrow('"headers" must be an object of header names and values');
});

it('takes no fault with a body that no JSON can hold', async () => {
  const circle: { self?: object } = {};
  circle.self = circle;
  for (const body of [circle, { count: 1n }]) {
    expect(() => emulator.faults.add({ route: 'put', body })).toThrow('"body" must be a text or an object');
  }
  expect((await control('GET', '/state')).status).toBe(200);
});

it('leaves out a header that is undefined', async () => {
  emulator.faults.add({ route: 'list', status: 503, headers: { 'retry-after': undefined } });
  const { status, headers } = await api(emulator, 'GET', '/images/');
  expect([status, headers.get('retry-after')]).toEqual([503, null]);
});

it.each([null, Number.POSITIVE_INFINITY])('strikes for ever with times: %s', async (times) => {
  const fault = emulator.faults.add({ route: 'list', status: 503, times });
  for (let count = 0; count < 5; count += 1) await api(emulator, 'GET', '/images/');
  expect(fault.hits).toBe(5);
  fault.remove();
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
