import { readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Emulator, startEmulator } from './index.ts';
import { api, create, makePng, put, type Reply, send, upload } from './testing/client.ts';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

const get = (path: string): Promise<Reply> => send(`${emulator.url}${path}`);
const state = async () => (await get('/_emulator/state')).json;

describe('the page', () => {
  it('and every file of it are served under a policy that allows nothing from elsewhere, and nothing inline', async () => {
    const html = await get('/');
    expect([html.status, html.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const names = await readdir(new URL('../page/', import.meta.url));
    expect(names).toContain('main.js');
    for (const name of names) {
      const { status, headers } = await get(`/_emulator/page/${name}`);
      const type = `${headers.get('content-type')}`;
      expect([name, status, type]).toEqual([name, 200, expect.stringMatching(/html|css|javascript|svg/)]);
      const policy = headers.get('content-security-policy');
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toContain('unsafe');
    }
  });

  it.each(['package.json', '..%2fpackage.json', '%2e%2e%2fpackage.json', 'none.js', 'main.js%00.css', '.js'])(
    'has no file %s',
    async (name) => {
      expect((await get(`/_emulator/page/${name}`)).status).toBe(404);
    },
  );

  it('is told where the emulator is and its keys', async () => {
    expect((await get('/_emulator/connection')).json).toEqual({
      base_url: emulator.url,
      api_key: emulator.apiKey,
      client_key: emulator.clientKey,
      folder: null,
      has_sharp: true,
    });
  });
});

it('each example of a fault on the page is one that can be added', async () => {
  const { FAULT_EXAMPLES } = await import(new URL('../page/fault-examples.js', import.meta.url).href);
  for (const [, fault] of FAULT_EXAMPLES) emulator.faults.add(fault);
  expect(emulator.faults.list()).toHaveLength(FAULT_EXAMPLES.length);
});

describe('what is wrong with the JSON of a fault', () => {
  const load = async () =>
    (await import(new URL('../page/json-problem.js', import.meta.url).href)) as {
      jsonProblem(text: string): { at: number; expected: string } | undefined;
      placeOf(text: string, at: number): string;
    };
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };

  it('is found exactly where there is something wrong, whatever is typed', async () => {
    const { jsonProblem } = await load();
    const text = '{ "a": [1, -2.5e+3, true, null],\n "b\\n\\u00e9": { "c": "", "d": [] } }';
    const typed = [...'{}[]":,0-.e \\\n\tx\u0001é'];
    const texts = Array.from(text, (_, at) =>
      ['', ...typed].flatMap((by) => [
        text.slice(0, at) + by + text.slice(at + 1),
        text.slice(0, at) + by + text.slice(at),
        text.slice(0, at) + by,
      ]),
    ).flat();
    const judged = texts.map((each) => [each, jsonProblem(each) === undefined]);
    expect(judged).toEqual(texts.map((each) => [each, parses(each)]));
    expect(texts.filter(parses).length).toBeGreaterThan(100);
  });

  it.each([
    ['', 'Line 1, column 1', 'a value'],
    ['{ "route": "put",\n}', 'Line 2, column 1', 'a name in double quotes'],
    ["{ 'route': 1 }", 'Line 1, column 3', 'a name in double quotes'],
    ['{ "route" "put" }', 'Line 1, column 11', 'a colon'],
    ['{ "route": put }', 'Line 1, column 12', 'a value'],
    ['{ "route": "put }', 'Line 1, column 12', 'a text that is closed'],
    ['[1, 2', 'Line 1, column 6', 'a comma or ]'],
    ['{} {}', 'Line 1, column 4', 'nothing more'],
  ])('is of %j: %s, where %s belongs', async (text, place, expected) => {
    const { jsonProblem, placeOf } = await load();
    const problem = jsonProblem(text);
    expect(problem?.expected).toContain(expected);
    expect(placeOf(text, Number(problem?.at))).toBe(place);
  });
});

it('the log of the page has the requests of an image together, with the preflights of its uploads', async () => {
  const { groupRequests } = await import(new URL('../page/request-groups.js', import.meta.url).href);
  const { image, upload_url } = await create(emulator);
  await send(upload_url, { method: 'OPTIONS', headers: { origin: 'http://127.0.0.1:3000' } });
  await get('/health');
  await put(upload_url, makePng());
  const other = await create(emulator);
  const { requests } = await state();
  const groups: { key: string; requests: { route: string }[] }[] = groupRequests(requests);
  expect(groups.map(({ requests }) => requests.map(({ route }) => route))).toEqual([
    ['create'],
    ['put', 'preflight', 'create'],
    ['health'],
  ]);
  expect(groups[1]?.key).toBe(image.id);
  // One that stands alone is not a group: its key is its own.
  expect(groups[0]?.key).not.toBe(other.image.id);
});

describe('a path in the log of the page', () => {
  const id = '3b02323d-7de8-43c3-8acf-ba1bb7836f86';
  const other = '9d1ffe0a-5e7a-4c6c-90b4-09cf918a6532';

  it.each([
    [`/${other}/${other}/${id}@thumbnail`, `/9d1f…/9d1f…/${id}@thumbnail`],
    [`/uploads/${id}`, `/uploads/${id}`],
    [`/${'long/'.repeat(30)}${id}/${'end/'.repeat(20)}`, `/long/long/l…${id}/end/end/end/end/end…`],
    [`/${'a'.repeat(100)}${'z'.repeat(100)}`, `/${'a'.repeat(37)}…${'z'.repeat(38)}`],
  ])('%s is shown with the id of its image', async (path, shown) => {
    const { shortPath } = await import(new URL('../page/short-path.js', import.meta.url).href);
    expect(shortPath(path, id)).toBe(shown);
  });
});

describe('a preview', () => {
  it('is the delivery of the image, without an entry in the log, a fault or a count of it', async () => {
    const { id } = await upload(emulator, makePng(300, 200));
    const fault = emulator.faults.add({ route: 'cdn', status: 503 });
    const before = emulator.requests.length;
    const { status, headers } = await get(
      `/_emulator/preview/${id}@thumbnail?format=webp&duotone=000000:ffffff`,
    );
    expect([status, headers.get('content-type')]).toEqual([200, 'image/webp']);
    expect(headers.get('x-imgwire-not-applied')).toBe('duotone');
    expect([emulator.requests.length, fault.hits]).toEqual([before, 0]);
    const { json } = await api(emulator, 'GET', '/metrics/stats');
    expect([json.requests.value, json.transformations.value]).toEqual([0, 0]);
  });

  it('of an unknown image is a 404', async () => {
    expect((await get('/_emulator/preview/none')).status).toBe(404);
  });
});

describe('the state', () => {
  it('says why an image is in quarantine', async () => {
    const text = await create(emulator);
    await put(text.upload_url, Buffer.from('not an image'));
    const huge = await create(emulator);
    const png = makePng();
    png.writeUInt32BE(20_000, 16);
    png.writeUInt32BE(20_000, 20);
    await put(huge.upload_url, png);
    const { images } = await state();
    expect(images.map((image: { quarantine_reason?: string }) => image.quarantine_reason)).toEqual([
      'It has too many pixels: 20000 × 20000, all frames counted more than 250 million.',
      'Its bytes are not an image of a type that Imgwire takes.',
    ]);
    await expect(emulator.waitUntilReady(huge.image.id)).rejects.toThrow('too many pixels: 20000 × 20000');
  });

  it('says so too of bytes that have replaced an image', async () => {
    const other = await startEmulator({ repeatedPut: 'overwrite' });
    onTestFinished(() => other.close());
    const { image, upload_url } = await create(other);
    await put(upload_url, makePng());
    await put(upload_url, Buffer.from('not an image'));
    await expect(other.waitUntilReady(image.id)).rejects.toThrow('not an image of a type');
  });

  it('says why a request was refused', async () => {
    await api(emulator, 'POST', '/images/standard_upload', { file_name: '' });
    const { requests } = await state();
    expect(requests).toMatchObject([
      { status: 422, errorBody: expect.stringContaining('at least 1 character') },
    ]);
  });

  it('has no key, no cookie and no query of a source, which may be signed', async () => {
    const source = createServer((_request, response) => response.end(makePng())).listen(0);
    onTestFinished(() => void source.close());
    const { port } = source.address() as { port: number };
    const url = `http://127.0.0.1:${port}/a.png`;
    await api(emulator, 'POST', '/images/upload_via_url', { url: `${url}?signature=secret` });
    const { text, json } = await get('/_emulator/state');
    expect(json.requests[0].body.url).toBe(`${url}?[redacted]`);
    expect(text).not.toContain('secret');
    expect(text).not.toContain(emulator.apiKey);
  });

  it('counts all requests, and has the newest 200, each with an id of its own', async () => {
    for (let count = 0; count < 205; count += 1) await get('/health');
    const { requests, total_requests: total } = await state();
    expect([requests.length, total]).toEqual([200, 205]);
    expect(new Set(requests.map(({ id }: { id: string }) => id)).size).toBe(200);
  });
});
