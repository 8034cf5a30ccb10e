import { Agent, type IncomingMessage, request } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express5 from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, type Part } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';
import { exchange, statuses } from '../support/wire.ts';

const MIB = 1024 * 1024;
const png = await image('image/png');
const file = (bytes: Uint8Array = png): Part => ({ name: 'a', fileName: 'a.png', bytes });
const field = (name: string, value: string): Part => ({ name, value });
const good = encodeForm([field('title', 'x'), file()]);

/** A form of raw parts: each its header lines, and its content. */
const raw = (...parts: readonly (readonly [head: string, content?: string | Uint8Array])[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(([head, content = png]) => [
      Buffer.from(`--${BOUNDARY}\r\n${head}\r\n\r\n`),
      Buffer.from(content as Uint8Array),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);
const disposition = (rest: string): string => `Content-Disposition: form-data; ${rest}`;
const named = (name: string): string => disposition(`name="${name}"; filename="a.png"`);
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

interface Case {
  readonly body: Uint8Array | string;
  readonly type?: string;
  readonly status: number;
  readonly code?: string;
  /** What of a success the answer must hold. */
  readonly json?: object;
}

const REFUSED = { status: 400, code: 'MALFORMED_MULTIPART' };
const stored = (count: number, body?: object): Omit<Case, 'body'> => ({
  status: 200,
  json: { images: Array(count).fill({ id: expect.any(String) }), ...(body && { body }) },
});

const CASES: Readonly<Record<string, Case>> = {
  'no boundary in the header': { body: good, type: 'multipart/form-data', ...REFUSED },
  'another boundary in the header': { body: good, type: 'multipart/form-data; boundary=other', ...REFUSED },
  'a boundary of 70 characters': {
    body: encodeForm([file()], 'b'.repeat(70)),
    type: `multipart/form-data; boundary=${'b'.repeat(70)}`,
    ...stored(1),
  },
  'a boundary of 71 characters': {
    body: encodeForm([file()], 'b'.repeat(71)),
    type: `multipart/form-data; boundary=${'b'.repeat(71)}`,
    ...REFUSED,
  },
  'an empty body': { body: '', ...REFUSED },
  'the closing boundary alone': { body: `--${BOUNDARY}--\r\n`, ...stored(0) },
  'no line end after the closing boundary': { body: good.subarray(0, -2), ...stored(1, { title: 'x' }) },
  'no closing boundary': { body: good.subarray(0, good.length - BOUNDARY.length - 8), ...REFUSED },
  'half a closing boundary': { body: good.subarray(0, -4), ...REFUSED },
  'text instead of a form': { body: '{"a": 1}', ...REFUSED },
  'bare LF for every line end': { body: good.toString('latin1').replaceAll('\r\n', '\n'), ...REFUSED },
  'no blank line after the header': {
    body: `--${BOUNDARY}\r\n${named('a')}\r\nnot a header\r\n--${BOUNDARY}--\r\n`,
    ...REFUSED,
  },
  'a header without a colon': { body: raw([`${named('a')}\r\nno colon here`]), ...REFUSED },
  'a control character in a header': { body: raw([`${named('a')}\r\nX-A: a\u0001b`]), ...REFUSED },
  'a folded header': {
    body: raw([`Content-Disposition: form-data;\r\n name="a"; filename="a.png"`]),
    ...stored(1),
  },
  'a header of 100 KB': { body: raw([`${named('a')}\r\nX-Long: ${'x'.repeat(100_000)}`]), ...REFUSED },
  'headers of 15 KB in all': { body: raw([`${named('a')}\r\nX-Long: ${'x'.repeat(15_000)}`]), ...stored(1) },
  '3,000 headers': { body: raw([`${named('a')}${'\r\nX: 1'.repeat(3000)}`]), ...REFUSED },
  'two dispositions': { body: raw([`${named('a')}\r\n${named('b')}`]), ...REFUSED },
  'an empty name': { body: raw([named('')]), status: 400, code: 'MISSING_FIELD_NAME' },
  'no name': { body: raw([disposition('filename="a.png"')]), status: 400, code: 'MISSING_FIELD_NAME' },
  'a text field with no name': {
    body: raw([disposition('x=y'), 'text']),
    status: 400,
    code: 'MISSING_FIELD_NAME',
  },
  'a file with no file name, but bytes, which multer would drop': {
    body: raw([`${disposition('name="a"')}\r\nContent-Type: application/octet-stream`]),
    ...REFUSED,
  },
  'an empty file name and no type, but bytes': {
    body: raw([disposition('name="a"; filename=""'), 'text']),
    ...REFUSED,
  },
  'an empty file name, no type and no bytes, which is an empty text': {
    body: raw([disposition('name="a"; filename=""'), '']),
    ...stored(0, { a: '' }),
  },
  'the input of a browser in which no file was chosen': {
    body: raw([`${disposition('name="a"; filename=""')}\r\nContent-Type: application/octet-stream`, '']),
    ...stored(0, {}),
  },
  'a file name with a path': {
    body: raw([disposition('name="a"; filename="../../etc/passwd.png"')]),
    status: 200,
    json: { files: [{ originalname: 'passwd.png' }], images: [{ original_filename: 'passwd.png' }] },
  },
  'a file name with a path of Windows': {
    body: raw([disposition('name="a"; filename="C:\\\\photos\\\\a.png"')]),
    status: 200,
    json: { files: [{ originalname: 'a.png' }] },
  },
  'a file name with encoded line ends': {
    body: raw([disposition('name="a"; filename="a%0D%0AX: y.png"')]),
    ...stored(1),
  },
  'an extended file name (RFC 5987)': {
    body: raw([disposition(`name="a"; filename*=UTF-8''%F0%9F%90%88.png`)]),
    status: 200,
    json: { files: [{ originalname: '🐈.png' }] },
  },
  'a file name of 10,000 characters': {
    body: raw([disposition(`name="a"; filename="${'x'.repeat(10_000)}.png"`)]),
    ...stored(1),
  },
  'a transfer encoding, which RFC 7578 gave up': {
    body: raw([`${named('a')}\r\nContent-Transfer-Encoding: base64`, png.toString('base64')]),
    ...REFUSED,
  },
  'a form within the form': {
    body: raw([`${disposition('name="a"')}\r\nContent-Type: multipart/mixed; boundary=inner`, '--inner--']),
    ...REFUSED,
  },
  ...Object.fromEntries(
    [
      'image/png',
      'IMAGE/PNG; charset=utf-8',
      'image/png; =what',
      'image/svg+xml',
      'application/pdf',
      'video/mp4',
    ].flatMap((type) =>
      [png, Buffer.alloc(200_000)].map((bytes) => [
        `a part of the type ${type} without a file name, of ${bytes.length} bytes`,
        { body: raw([`${disposition('name="a"')}\r\nContent-Type: ${type}`, bytes]), ...REFUSED },
      ]),
    ),
  ),
  ...Object.fromEntries(
    [
      'text/plain',
      'text/html; charset=utf-8',
      'application/json',
      'application/ld+json',
      'application/xml',
      'application/atom+xml',
      'application/x-www-form-urlencoded',
    ].map((type) => [
      `a text of the type ${type}`,
      { body: raw([`${disposition('name="a"')}\r\nContent-Type: ${type}`, 'ü']), ...stored(0, { a: 'ü' }) },
    ]),
  ),
  ...Object.fromEntries(
    [
      ['text/plain; charset=windows-1251', [0xcf, 0xf0, 0xe8], 'При'],
      ['text/plain; charset="koi8-r"', [0xf0, 0xd2, 0xc9], 'При'],
      ['text/plain;\r\n charset=Shift_JIS', [0x82, 0xa0], 'あ'],
      ['text/plain; x="; charset=utf-8"; charset=gb18030', [0xc4, 0xe3], '你'],
      ['text/plain; charset=utf-16be', [0x00, 0x41], 'A'],
      ['text/plain; charset=koi8-r', [], ''],
    ].map(([type, bytes, text]) => [
      `a text in another charset: ${type}`,
      {
        body: raw([`${disposition('name="a"')}\r\nContent-Type: ${type}`, Buffer.from(bytes as number[])]),
        ...stored(0, { a: text }),
      },
    ]),
  ),
  'a text in a charset that nobody knows': {
    body: raw([`${disposition('name="a"')}\r\nContent-Type: text/plain; charset=klingon`, 'nuqneH']),
    ...REFUSED,
  },
  'a text above its limit, in another charset': {
    body: raw([
      `${disposition('name="a"')}\r\nContent-Type: text/plain; charset=koi8-r`,
      'x'.repeat(200_000),
    ]),
    status: 413,
    code: 'LIMIT_FIELD_VALUE',
  },
  '10,000 parts': {
    body: raw(...Array.from({ length: 10_000 }, () => [disposition('name="a"'), ''] as const)),
    status: 413,
    code: 'LIMIT_FIELD_COUNT',
  },
  '10,000 files': {
    body: raw(...Array.from({ length: 10_000 }, () => [named('a')] as const)),
    status: 413,
    code: 'LIMIT_FILE_COUNT',
  },
  'a preamble of 1 MB': {
    body: Buffer.concat([Buffer.alloc(MIB, 'p'), Buffer.from('\r\n'), good]),
    ...stored(1),
  },
  'an epilogue of 1 MB': { body: Buffer.concat([good, Buffer.alloc(MIB, 'e')]), ...stored(1) },
  'names of the prototype': {
    body: encodeForm(
      [
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        'a[__proto__][polluted]',
        '__proto__[polluted]',
      ].map((name) => field(name, 'yes')),
    ),
    status: 200,
  },
  'a file in a field called __proto__': { body: raw([named('__proto__')]), ...stored(1) },
  'a name that nests six deep': {
    body: encodeForm([field('a[b][c][d][e][f][g]', 'x')]),
    status: 400,
    code: 'LIMIT_FIELD_NESTING',
  },
  'a name that nests 10,000 deep': {
    body: encodeForm([field(`a${'[b]'.repeat(10_000)}`, 'x')]),
    ...REFUSED,
  },
  'an array index of a billion': {
    body: encodeForm([field('a[1000000000]', 'x')]),
    status: 400,
    code: 'LIMIT_FIELD_ARRAY_INDEX',
  },
};

interface Reply {
  readonly status: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of many shapes
  readonly json: any;
}

/** Posts over the connections of an agent, in pieces of `bytes`. */
async function post(
  agent: Agent,
  url: string,
  body: Uint8Array | string,
  headers: Readonly<Record<string, string>>,
  bytes = Number.POSITIVE_INFINITY,
): Promise<Reply> {
  const outgoing = request(url, {
    method: 'POST',
    agent,
    headers: { 'content-type': MULTIPART, ...headers },
  });
  outgoing.setNoDelay(true);
  const incoming = new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve).once('error', reject);
  });
  const whole = Buffer.from(body as Uint8Array);
  if (bytes < whole.length)
    for (let at = 0; at < whole.length; at += bytes) outgoing.write(whole.subarray(at, at + bytes));
  outgoing.end(bytes < whole.length ? undefined : whole);
  const chunks: Buffer[] = [];
  const response = await incoming;
  for await (const chunk of response) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return {
    status: response.statusCode ?? 0,
    text,
    json: text.startsWith('{') ? JSON.parse(text) : undefined,
  };
}

const chunked = { 'transfer-encoding': 'chunked' };
const withLength = (body: Uint8Array | string): Record<string, string> => ({
  'content-length': String(Buffer.byteLength(body)),
});

describe.each(sample(TARGETS))('$name', (target) => {
  // How the bytes of a form are read is core's work: an adapter is asked once for each of them.
  const isCore = target.name === 'core';
  let emulator: Emulator;
  let app: RunningTarget;
  let agent: Agent;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start(overRest(emulator));
    agent = new Agent({ keepAlive: true, maxSockets: 1 });
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    agent.destroy();
    await app.close();
    await emulator.close();
    expect(openTemporaryFiles()).toEqual([]);
  });
  const send = (body: Uint8Array | string, headers: Record<string, string>, bytes?: number): Promise<Reply> =>
    post(agent, `${app.url}/any`, body, headers, bytes);
  /** The next request over the same agent is answered: its connection is usable, or was closed. */
  const expectUsable = async (): Promise<void> => {
    await emulator.reset();
    expect((await send(good, withLength(good))).status).toBe(200);
  };

  it.each(Object.entries(CASES))('answers %s', async (_name, { body, type, status, code, json }) => {
    for (const length of isCore ? [withLength(body), chunked] : [withLength(body)]) {
      const answer = await send(body, { ...length, ...(type && { 'content-type': type }) });
      expect(answer.status, answer.text).toBe(status);
      if (code) expect(answer.json).toMatchObject({ status, code });
      if (json) expect(answer.json).toMatchObject(json);
      expect(emulator.images.list()).toHaveLength(status === 200 ? answer.json.images.length : 0);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      await expectUsable();
      await emulator.reset();
    }
  });

  it('answers a header that is cut at any byte', async () => {
    const head = `--${BOUNDARY}\r\n${named('a')}\r\nContent-Type: image/png\r\n\r\n`;
    for (let cut = 0; cut < head.length; cut++) {
      const body = head.slice(0, cut);
      const answer = await send(body, withLength(body));
      expect(answer.json, JSON.stringify(body)).toMatchObject(REFUSED);
    }
    expect(emulator.requests).toEqual([]);
    await expectUsable();
  });

  it.each([
    ['in chunks of one byte', chunked],
    ['in writes of one byte', withLength(good)],
  ])('takes a form %s', async (_how, headers) => {
    const answer = await send(good, headers, 1);
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(png));
    await expectUsable();
  });

  it('takes bytes that look like boundaries', async () => {
    const lookAlikes = Buffer.concat([
      await imageOfSize('image/jpeg', 300_000),
      Buffer.from(
        [
          `\r\n--${BOUNDARY.slice(0, -1)}`,
          `\n--${BOUNDARY}`,
          `\r--${BOUNDARY}--`,
          `\r\n-${BOUNDARY}`,
          '\r\n--\r\n--',
        ]
          .join('x')
          .repeat(500),
      ),
    ]);
    for (const [headers, bytes] of [
      [withLength(encodeForm([file(lookAlikes)])), 7001],
      [chunked, 1009],
    ] as const) {
      const answer = await send(encodeForm([file(lookAlikes)]), headers, bytes);
      expect(answer.status, answer.text).toBe(200);
      expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(lookAlikes));
    }
    await expectUsable();
  });

  it('answers 100 to a client that waits for it, and then the form', async () => {
    const outgoing = request(`${app.url}/any`, {
      method: 'POST',
      agent,
      headers: { 'content-type': MULTIPART, ...withLength(good), expect: '100-continue' },
    });
    const answered = new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve));
    outgoing.flushHeaders();
    await new Promise((resolve) => outgoing.once('continue', resolve));
    outgoing.end(good);
    const answer = await answered;
    expect(answer.statusCode).toBe(200);
    answer.resume();
    await new Promise((resolve) => answer.once('end', resolve));
    await expectUsable();
  });

  const head = (...headers: string[]): string =>
    `POST /any HTTP/1.1\r\nHost: a\r\nContent-Type: ${MULTIPART}\r\n${headers.join('\r\n')}\r\n\r\n`;
  it('answers forms that come one behind the other, without waiting', async () => {
    const one = [head(`Content-Length: ${good.length}`), good];
    const last = [head(`Content-Length: ${good.length}`, 'Connection: close'), good];
    expect(statuses(await exchange(app.url, { bytes: [...one, ...one, ...last] }))).toEqual([200, 200, 200]);
    expect(emulator.images.list()).toHaveLength(3);
  });

  it('answers 408 to a Content-Length that promises more than comes', async () => {
    const impatient = await target.start({ ...overRest(emulator), stallTimeoutMs: 100 });
    const text = await exchange(impatient.url, {
      bytes: [head(`Content-Length: ${good.length + 100}`), good],
      // Core is also seen to close the connection: it has given up on the rest.
      after: isCore ? 'wait' : 'refusal',
    });
    expect(statuses(text)).toEqual([408]);
    expect(text).toContain('CLIENT_STALLED');
    expect(emulator.images.list()).toEqual([]);
    await impatient.close();
  });

  it('takes a Content-Length that promises less for the end of the form, and the rest for no request', async () => {
    const text = await exchange(app.url, { bytes: [head(`Content-Length: ${good.length - 40}`), good] });
    // Ours or Node's own, whose parser may see the rest first: it closes the connection.
    expect(new Set(statuses(text))).toEqual(new Set([400]));
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });

  it('answers a broken chunk, or closes, and stores nothing', async () => {
    const text = await exchange(app.url, {
      bytes: [head('Transfer-Encoding: chunked'), `${good.length.toString(16)}\r\n`, good, '\r\nzz\r\n'],
    });
    expect(statuses(text)).not.toContain(200);
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });

  it('does not take two lengths for one request', async () => {
    const text = await exchange(app.url, {
      bytes: [head(`Content-Length: ${good.length}`, 'Transfer-Encoding: chunked'), good],
      after: 'end',
    });
    expect(statuses(text)).not.toContain(200);
    expect(emulator.images.list()).toEqual([]);
  });
});

it('says so when another parser has read the body', async () => {
  const emulator = await startEmulator();
  const app = express5();
  app.use(express5.raw({ type: '*/*', limit: '1mb' }));
  app.post('/', imgwireUpload(overRest(emulator) as object), (_req, res) => void res.end());
  app.use(imgwireErrorHandler());
  const server = app.listen(0);
  const url = await new Promise<string>((resolve) => {
    server.once('listening', () =>
      resolve(`http://127.0.0.1:${(server.address() as { port: number }).port}`),
    );
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = 0; i < 2; i++) {
    const answer = await post(agent, url, good, withLength(good));
    expect(answer.json).toMatchObject({ status: 500, code: 'BODY_ALREADY_READ' });
  }
  agent.destroy();
  server.close();
  await emulator.close();
});
