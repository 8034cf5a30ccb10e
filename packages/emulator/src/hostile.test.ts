import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { api, create, makePng, put, send, upload } from './testing/client.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.close());

/** Sends bytes as they are and reads until the other side closes. */
async function raw(bytes: string | Buffer): Promise<string> {
  const socket = connect(Number(new URL(emulator.url).port), '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.end(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('latin1');
}

const bodyOf = (answer: string): { detail: unknown; error_type?: string } =>
  JSON.parse(answer.split('\r\n\r\n')[1] ?? '');
const path = '/api/v1/images/standard_upload';
const authorized = (): string => `Host: x\r\nAuthorization: Bearer ${emulator.apiKey}\r\n`;

describe('a JSON body', () => {
  it.each([
    '{',
    '',
    '{"file_name": "a"',
    'null',
    '"text"',
    '[1]',
    '5',
    '{"file_name": }',
    '\0',
    '{"__proto__": {"file_name": "a"}}',
  ])('%j is a 422 with a list', async (body) => {
    const headers = { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
    const reply = await send(emulator.url + path, { method: 'POST', headers, body });
    expect(reply.status).toBe(422);
    expect(reply.json.detail[0]).toEqual({
      loc: expect.any(Array),
      msg: expect.any(String),
      type: expect.any(String),
    });
  });

  it('that is not UTF-8, nested ten thousand deep or full of odd names does not break anything', async () => {
    const headers = { authorization: `Bearer ${emulator.apiKey}` };
    const deep = `{"file_name":"a","custom_metadata":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    for (const body of [
      Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
      deep,
      '{"file_name":"a","custom_metadata":{"constructor":[],"toString":{}}}',
    ]) {
      expect((await send(emulator.url + path, { method: 'POST', headers, body })).status).toBe(422);
    }
  });

  it.each(['[', '{"a":'])(
    'nested deep with %s is refused, and nothing of it stays to spoil the state',
    async (open) => {
      const close = open === '[' ? ']' : '}';
      const deep = (levels: number) => `${open.repeat(levels)}1${close.repeat(levels)}`;
      const headers = { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
      for (const levels of [100, 10_000, 80_000]) {
        for (const [target, body] of [
          [path, `{"file_name":"a","custom_metadata":{"a":${deep(levels)}}}`],
          [path, deep(levels)],
          ['/api/v1/images/upload_via_url', `{"url":"http://127.0.0.1:9/","x":${deep(levels)}}`],
          ['/_emulator/faults', `{"route":"list","status":503,"times":1,"body":{"a":${deep(levels)}}}`],
        ]) {
          const { status, json } = await send(emulator.url + target, {
            method: 'POST',
            headers,
            body: body ?? '',
          });
          expect([status, json.detail]).toEqual([422, expect.any(Array)]);
        }
      }
      const state = await send(`${emulator.url}/_emulator/state`);
      expect(state.status).toBe(200);
      expect(state.json.faults).toEqual([]);
      expect((await send(`${emulator.url}/_emulator/faults`)).status).toBe(200);
    },
  );

  it('may have brackets in its texts, and many side by side', async () => {
    const names = ['['.repeat(1000), `\\"${'{'.repeat(1000)}`, `${'['.repeat(1000)}\\`, '[],'.repeat(1000)];
    for (const file_name of names) {
      expect((await create(emulator, { file_name })).image.original_filename).toBe(file_name);
    }
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`a${index}`, [[{}]]]));
    expect((await create(emulator, { unknown: many })).image.status).toBe('PENDING');
  });

  it('of a request that a fault answers is no less bounded', async () => {
    emulator.faults.add({ route: 'create', status: 429 });
    const headers = { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
    const body = `{"custom_metadata":${'['.repeat(80_000)}${']'.repeat(80_000)}}`;
    expect((await send(emulator.url + path, { method: 'POST', headers, body })).status).toBe(429);
    expect((await send(`${emulator.url}/_emulator/state`)).status).toBe(200);
  });

  it('above 1 MiB is refused with 413 before it is all read', async () => {
    const reply = await api(emulator, 'POST', '/images/standard_upload', {
      file_name: 'x'.repeat(5_000_000),
    });
    expect([reply.status, reply.json.error_type]).toEqual([413, 'RequestError']);
  });
});

describe('a file name', () => {
  it.each([
    '../../../etc/passwd',
    '..\\..\\x.png',
    '/etc/passwd',
    'a\0b.png',
    'con.png',
    '<script>.png',
    'ü😀.png',
    'x'.repeat(100_000),
    '__proto__',
    'a\r\nb: c',
  ])('like %.30j is kept as it is, and touches no path', async (file_name) => {
    const image = await upload(emulator, makePng(), { file_name });
    expect(image).toMatchObject({ original_filename: file_name, status: 'READY' });
    expect(image.extension).toMatch(/^[a-z0-9]+$/);
    expect((await send(image.cdn_url)).status).toBe(200);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['a header without a colon', `GET / HTTP/1.1\r\nHost: x\r\nbroken\r\n\r\n`],
    ['two lengths', `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    [
      'a length and chunks',
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a length in words', `PUT /uploads/x HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n`],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
  ])('%s is a 400 in the flat shape', async (_name, bytes) => {
    const answer = await raw(bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(bodyOf(answer)).toEqual({ detail: expect.any(String), error_type: 'RequestError' });
  });

  it('headers above 32 KiB are a 431 in the flat shape', async () => {
    const answer = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX-Big: ${'x'.repeat(33_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(bodyOf(answer).error_type).toBe('RequestError');
  });

  it.each([
    '*',
    'http://elsewhere/api/v1/nothing',
    'ftp://elsewhere/',
    '//',
    '/%',
    '/%00',
    '/..%2f..%2fetc/passwd',
    '/\u00ff',
    '/uploads/%',
    '/a/b/c@',
  ])('the target %j is answered in the flat shape', async (target) => {
    const answer = await raw(
      Buffer.from(`GET ${target} HTTP/1.1\r\n${authorized()}Connection: close\r\n\r\n`, 'latin1'),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d|307) /);
    expect(answer).not.toMatch(/node:|\.ts|\.js/);
  });
});

it.each([
  '/downloads/..',
  '/downloads/../',
  '/downloads/../health',
  '/downloads/../_emulator/connection',
  '/downloads/%2e%2E/health',
  '/downloads/.%2e/health',
  '/downloads\\..\\health',
  '/./health',
  '/%2e/health',
  'http://x/downloads/../health',
  'http://x/downloads/../health?a=/..',
])('the target %s is not resolved to another path: nothing is there', async (target) => {
  const answer = await raw(`GET ${target} HTTP/1.1\r\n${authorized()}Connection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  expect(bodyOf(answer)).toEqual({
    detail: 'There is nothing at this path.',
    error_type: 'ResourceNotFoundError',
  });
});

it.each(['/health?a=/../b', '/health?a=\\', 'http://x/health?/..'])(
  'the query of the target %s means nothing',
  async (target) => {
    const answer = await raw(`GET ${target} HTTP/1.1\r\n${authorized()}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  },
);

it('a client that waits for 100 Continue is told to go on, or gets its refusal at once', async () => {
  const expecting = (headers: string): string =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Expect: 100-continue\r\nContent-Length: 17\r\nConnection: close\r\n\r\n`;
  const allowed = await raw(`${expecting(`Authorization: Bearer ${emulator.apiKey}\r\n`)}{"file_name":"a"}`);
  expect(allowed).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  expect(await raw(expecting(''))).toMatch(/^HTTP\/1\.1 401 /);
});

it('a PUT to the URL of another image is refused, whatever is tried with the query', async () => {
  const [one, two] = [await create(emulator), await create(emulator)];
  const query = one.upload_url.split('?')[1] ?? '';
  const to = (id: string, search: string) => put(`${emulator.url}/uploads/${id}?${search}`, makePng());
  const later = query.replace(/expires=\d+/, 'expires=99999999999999');
  for (const search of [
    query,
    `${query}&${query}`,
    later,
    query.replace('signature=', 'signature=0&signature='),
    'expires=1e99&signature=',
  ]) {
    expect((await to(two.image.id, search)).status).toBe(403);
  }
  expect((await to(one.image.id.toUpperCase(), query)).status).toBe(403);
  expect((await to('..%2f..%2fx', query)).status).toBe(403);
  expect(emulator.images.sha256(two.image.id)).toBeUndefined();
});

it('a client that vanishes at any byte of a PUT leaves nothing behind and the emulator well', async () => {
  const { image, upload_url } = await create(emulator);
  const { pathname, search } = new URL(upload_url);
  const message = `PUT ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${'x'.repeat(999)}`;
  for (let length = 0; length < message.length; length += 97) await raw(message.slice(0, length));
  expect(emulator.images.get(image.id)).toMatchObject({ status: 'PENDING', can_upload: true });
  expect((await put(upload_url, makePng())).status).toBe(200);
});

it('a thousand random messages get answers or closed sockets, and no failure inside', async () => {
  // A fixed generator (mulberry32), so that a failure can be run again.
  let seed = 20_260_505;
  const random = (below: number): number => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;
  const word = (): string => String.fromCharCode(...Array.from({ length: random(12) }, () => random(256)));
  const { image, upload_url } = await create(emulator);
  const { pathname, search } = new URL(upload_url);
  const targets = [
    path,
    '/api/v1/images/',
    `/api/v1/images/${image.id}`,
    `${pathname}${search}`,
    new URL(image.cdn_url).pathname,
    '/api/v1/metrics/stats',
    '/api/v1/images/bulk_delete',
    '/_emulator/faultz',
  ];
  const bodies = [
    '{}',
    '{"file_name":1}',
    '[',
    '{"image_ids":[1,null,{}]}',
    '{"file_name":"a","content_length":1e400}',
    '\xff\xfe',
  ];
  for (let round = 0; round < 20; round += 1) {
    const messages = Array.from({ length: 50 }, () => {
      const body = pick(bodies);
      const query =
        random(3) === 0
          ? `${pick(['?', '&'])}${encodeURIComponent(word())}=${encodeURIComponent(word())}`
          : '';
      const header =
        random(3) === 0
          ? `${pick(['X-A', 'Origin', 'Accept', 'Content-Type', 'Expect', 'If-None-Match'])}: ${word().replace(/[\r\n\0]/g, '')}\r\n`
          : '';
      const length = pick([body.length, body.length, 0, 3, 99]);
      return `${pick(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])} ${pick(targets)}${query} HTTP/1.1\r\n${authorized()}${header}Content-Length: ${length}\r\nConnection: close\r\n\r\n${body}`;
    });
    await Promise.all(messages.map((message) => raw(Buffer.from(message, 'latin1'))));
  }
  expect(emulator.requests.filter(({ status = 0 }) => status >= 500)).toEqual([]);
  expect(emulator.requests.filter(({ error }) => error !== undefined)).toEqual([]);
  expect((await send(`${emulator.url}/health`)).status).toBe(200);
});
