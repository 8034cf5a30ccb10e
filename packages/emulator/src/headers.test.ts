import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { CONTROL_ROUTES } from './routes/control.ts';
import { PAGE_ROUTES } from './routes/page.ts';
import { ROUTES } from './routes/table.ts';
import { api, create, makePng, upload } from './testing/client.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

/** The headers of an answer as they came: names and values, in their spelling. */
async function rawHeaders(
  method: string,
  url: string,
  headers: Record<string, string> = {},
  body?: string | Buffer,
): Promise<Map<string, string>> {
  const outgoing = request(url.startsWith('/') ? emulator.url + url : url, {
    method,
    headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json', ...headers },
  }).end(body);
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
  await answer.resume().toArray();
  return pairs(answer.rawHeaders);
}

function pairs(flat: readonly string[]): Map<string, string> {
  return new Map(flat.flatMap((name, at) => (at % 2 === 0 ? [[name, flat[at + 1] ?? ''] as const] : [])));
}

/** Every header that the emulator sends, as the contract (`X-…`) or RFC 9110, 9111 and Fetch spell it. */
const SPELLINGS = [
  'Access-Control-Allow-Headers',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Origin',
  'Access-Control-Max-Age',
  'Allow',
  'Cache-Control',
  'Connection',
  'Content-Disposition',
  'Content-Length',
  'Content-Security-Policy',
  'Content-Type',
  'Date',
  'ETag',
  'Keep-Alive',
  'Location',
  'Retry-After',
  'Transfer-Encoding',
  'Vary',
  'WWW-Authenticate',
  'X-Content-Type-Options',
  'X-Imgwire-Not-Applied',
  'X-Limit',
  'X-Next-Page',
  'X-Page',
  'X-Prev-Page',
  'X-Total-Count',
];

it('every header of every route is spelled as the contract and HTTP spell it', async () => {
  const seen = new Set<string>();
  const ask = async (...call: Parameters<typeof rawHeaders>): Promise<Map<string, string>> => {
    const headers = await rawHeaders(...call);
    for (const name of headers.keys()) seen.add(name);
    return headers;
  };
  const origin = { origin: 'https://app.example.com' };
  for (const { method, path } of [...ROUTES, ...PAGE_ROUTES, ...CONTROL_ROUTES]) {
    const target = path.replace(/\{\w+(:uuid)?\}/g, randomUUID());
    const body = method.startsWith('P') ? '{}' : undefined;
    for (const headers of [{}, origin, { authorization: 'Bearer wrong' }]) {
      await ask(method, target, headers, body);
    }
    await ask('OPTIONS', target, { ...origin, 'access-control-request-method': method });
    await ask('TRACE', target);
    await ask(method, `${target}/`);
  }
  const image = await upload(emulator, makePng());
  emulator.faults.add({ route: 'list', status: 429, headers: { 'retry-after': '1' } });
  await ask('GET', '/api/v1/images/');
  expect((await ask('GET', '/api/v1/images/')).get('X-Total-Count')).toBe('1');
  const delivered = await ask('GET', `${image.cdn_url}?width=2&duotone=000:fff`);
  await ask('GET', `${image.cdn_url}?width=2&duotone=000:fff`, {
    'if-none-match': delivered.get('ETag') ?? '',
  });
  await ask('GET', `${image.cdn_url}?width=0`);
  const job = await api(emulator, 'POST', '/images/downloads', { image_ids: [image.id] });
  await ask('GET', job.json.download_url);
  const { upload_url } = await create(emulator);
  await ask('PUT', upload_url, { 'content-type': 'image/png' }, makePng());
  expect(seen).toEqual(new Set(SPELLINGS));
});

it('a fault keeps the spelling it was given, and its headers take the place of ours', async () => {
  const headers = { 'X-RateLimit-Reset': '1', 'CONTENT-TYPE': 'text/plain', 'retry-after': '2' };
  emulator.faults.add({ route: 'list', status: 429, headers });
  const answer = await rawHeaders('GET', '/api/v1/images/');
  const names = ['X-RateLimit-Reset', 'CONTENT-TYPE', 'Retry-After', 'Content-Type'];
  expect(names.map((name) => answer.get(name))).toEqual(['1', 'text/plain', '2', undefined]);
});

it('what is no HTTP at all is answered in the same spelling', async () => {
  const socket = connect(Number(new URL(emulator.url).port), '127.0.0.1');
  socket.end('nonsense\r\n\r\n');
  const answer = Buffer.concat((await socket.toArray()) as Buffer[]).toString();
  expect(answer.split('\r\n').slice(1, 4)).toEqual([
    'Content-Type: application/json',
    expect.stringMatching(/^Content-Length: \d+$/),
    'Connection: close',
  ]);
});
