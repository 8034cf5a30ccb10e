import { existsSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../index.ts';
import { api, makePng } from '../testing/client.ts';
import { ASSUMPTIONS } from './assumptions.ts';
import { type ProbeOptions, type ProbeReport, probe } from './probe.ts';

interface Call {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}
interface Reply {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}
/** What a service does differently: to a request before it arrives, or to its response. */
interface Change {
  readonly options?: EmulatorOptions;
  readonly sources?: Partial<ProbeOptions>;
  readonly before?: (call: Call) => Call | Reply;
  readonly after?: (reply: Reply, call: Call) => Reply;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let pages: string;
const pageServer = createServer((req, res) => {
  if (req.url === '/page') res.setHeader('content-type', 'text/html').end('<h1>A page</h1>');
  else if (req.url === '/redirect') res.writeHead(302, { location: '/image' }).end();
  else res.setHeader('content-type', 'image/png').end(makePng(3, 2));
});
beforeAll(async () => {
  pages = await listen(pageServer);
});
afterAll(() => void pageServer.close());

const closing: (() => unknown)[] = [];
let emulator: Emulator;
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A service that is the emulator, but for a change. */
async function start({
  options,
  before = (call) => call,
  after = (reply) => reply,
}: Change): Promise<string> {
  const handle = async (req: IncomingMessage): Promise<Reply> => {
    const { method = '', url: path = '', headers } = req;
    const call = before({ method, path, headers, body: await buffer(req) });
    if ('status' in call) return call;
    const { host: _, connection: __, 'transfer-encoding': chunked, ...rest } = call.headers;
    const length = chunked ? undefined : { 'content-length': String(call.body.length) };
    const given = new Headers({ ...(rest as Record<string, string>), ...(call.body.length > 0 && length) });
    const response = await fetch(new URL(call.path, emulator.url), {
      method: call.method,
      headers: given,
      redirect: 'manual',
      ...(call.body.length > 0 && {
        body: chunked ? new Blob([new Uint8Array(call.body)]).stream() : new Uint8Array(call.body),
        duplex: 'half',
      }),
    } as RequestInit);
    const { 'content-length': ___, ...kept } = Object.fromEntries(response.headers);
    // As bytes: it may be an image.
    const body = Buffer.from(await response.arrayBuffer()).toString('latin1');
    return after({ status: response.status, headers: kept, body }, call);
  };
  const proxy = createServer((req, res) => {
    handle(req).then(
      ({ status, headers, body }) => res.writeHead(status, headers).end(body, 'latin1'),
      () => res.destroy(),
    );
  });
  const url = await listen(proxy);
  emulator = await startEmulator({ ...options, publicUrl: url });
  closing.push(
    () => proxy.close(),
    () => emulator.close(),
  );
  return url;
}

async function look(change: Change = {}, assumptions = ASSUMPTIONS): Promise<ProbeReport> {
  const baseUrl = await start(change);
  const { apiKey, clientKey } = emulator;
  const sources = { pageUrl: `${pages}/page`, redirectUrl: `${pages}/redirect`, clientKey };
  return probe({ apiKey, baseUrl, ...sources, ...change.sources }, undefined, assumptions);
}

const json = (status: number, body: object = {}): Reply => ({
  ...{ status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
});
const isCreate = ({ path }: Call): boolean => path.includes('standard_upload');
const isOfApi = ({ path }: Call): boolean => path.startsWith('/api/');
const without = (call: Call, ...names: string[]): Call => {
  if (!isCreate(call)) return call;
  const fields = Object.entries(JSON.parse(String(call.body)) as object).filter(
    ([name]) => !names.includes(name),
  );
  return { ...call, body: Buffer.from(JSON.stringify(Object.fromEntries(fields))) };
};
/** Changes the record in a response. */
const withImage =
  (is: (call: Call) => boolean, changed: object) =>
  (reply: Reply, call: Call): Reply => {
    if (!is(call) || reply.status !== 200) return reply;
    const body = JSON.parse(reply.body) as { image?: object };
    return {
      ...reply,
      body: JSON.stringify(
        body.image ? { ...body, image: { ...body.image, ...changed } } : { ...body, ...changed },
      ),
    };
  };
const ofApi =
  (path: RegExp, from: number, to: number) =>
  (reply: Reply, call: Call): Reply =>
    path.test(call.path) && reply.status === from ? { ...reply, status: to } : reply;
const isRead = ({ method, path }: Call): boolean => method === 'GET' && /images\/[\w-]{36}$/.test(path);

/** For each assumption a service that does something else. */
const CHANGES: Readonly<Record<string, Change>> = {
  'how long a presigned URL lives': { options: { uploadUrlTtlMs: 30_000 } },
  'a PUT of another type than declared': { options: { presigned: 'none' } },
  'a PUT of fewer bytes than declared': { options: { presigned: 'type' } },
  'a PUT of more bytes than declared': { options: { presigned: 'type' } },
  'a PUT without a length': {
    before: (call) => (call.method === 'PUT' && call.headers['transfer-encoding'] ? json(200) : call),
  },
  'a second PUT of the same bytes': { options: { repeatedPut: 'reject' } },
  'a second PUT of other bytes': { options: { repeatedPut: 'overwrite' } },
  'the preflight of a PUT from a browser': {
    before: (call) => (call.method === 'OPTIONS' ? json(403) : call),
  },
  'how long an upload token lives': { options: { uploadTokenTtlMs: 30_000 } },
  'a second record with one upload token': { options: { singleUseTokens: false } },
  'the record that a token makes': { after: withImage(isCreate, { upload_token_id: null }) },
  'a key again, before the PUT': { options: { idempotency: 'ignore' } },
  'a key again, after the PUT': { options: { idempotency: 'conflict' } },
  'a key again, for other bytes': { options: { idempotency: 'ignore' } },
  'an image after its PUT': {
    after: withImage(isRead, { status: 'PROCESSING' }),
    sources: { readyTimeoutMs: 0 },
  },
  'bytes that are no image': { after: withImage(isRead, { status: 'READY' }) },
  'the type of a PNG that was declared as a JPEG': { options: { mimeType: 'declared' } },
  'the dimensions of a new record': { after: withImage(isCreate, { width: 1, height: 1 }) },
  'a hash_sha256 that is not of the bytes': { after: withImage(isCreate, { hash_sha256: null }) },
  'an object inside custom_metadata': { before: (call) => without(call, 'custom_metadata') },
  'a type that is no image': { before: (call) => without(call, 'mime_type') },
  'a file of 100 MiB, with a server key': {
    before: (call) => (isCreate(call) && String(call.body).includes('104857600') ? json(422) : call),
  },
  'an image that there is not': { after: ofApi(/images\/0000/, 404, 403) },
  'an id that is none': { after: ofApi(/images\/none/, 422, 404) },
  'a call without a key': { after: ofApi(/images\/$/, 401, 403) },
  'limits in the headers of a response': {
    after: (reply) => ({ ...reply, headers: { ...reply.headers, 'x-ratelimit-limit': '100' } }),
  },
  'the order of a list': {
    after: (reply, { path }) =>
      path.endsWith('?limit=100')
        ? { ...reply, body: JSON.stringify((JSON.parse(reply.body) as unknown[]).toReversed()) }
        : reply,
  },
  'a second delete': {
    after: (reply, { method }) => (method === 'DELETE' ? { ...reply, status: 200 } : reply),
  },
  'the delivery URL of a record that is PENDING': {
    after: (reply, call) => (isOfApi(call) ? reply : { ...reply, status: 200 }),
  },
  'the delivery URL of an image that is READY': {
    after: (reply, call) => (isOfApi(call) || call.method !== 'GET' ? reply : { ...reply, status: 404 }),
  },
  'the delivery URL of an image that was deleted': {
    after: (reply, call) => (isOfApi(call) ? reply : { ...reply, status: 200 }),
  },
  'an upload via URL of a page': { sources: { pageUrl: 'image' } },
  'an upload via URL of a redirect to an image': { sources: { redirectUrl: 'page' } },
  'the host of the delivery URL, with a custom domain': {
    after: (reply, { path }) =>
      path.endsWith('/custom_domain/') ? json(200, { hostname: 'img.example.com' }) : reply,
  },
  'one record too many that is PENDING': {
    options: { maximumPendingUploads: 5 },
    after: ofApi(/standard_upload/, 402, 429),
  },
  'an image that is read with a client key': { sources: { clientKey: 'ck_of_nobody' } },
  'the longest sides of the presets': {
    before: (call) => ({ ...call, path: call.path.replace('@small', '@medium') }),
  },
  'a bulk delete in which one id is of no image': {
    before: (call) => (call.path.endsWith('bulk_delete') ? json(404) : call),
  },
  'an image that is read with a client key from an origin that is not listed': {
    before: (call) => (call.headers.origin?.endsWith('.invalid') ? json(403) : call),
  },
  'custom_metadata of 64 KiB': {
    before: (call) => (isCreate(call) && call.body.length > 64 * 1024 ? json(422) : call),
  },
};

/** What cannot be asked of any service. */
const NEVER = [
  'how long a record stays PENDING',
  'how long an idempotency key is known',
  'an upload via URL of a private address',
  'how many calls are too many',
  'the scopes of a key',
  'whether a record that is PENDING counts to the quota',
  'what an upload and its storage cost',
];

describe('a probe', () => {
  it('finds the emulator as it is assumed, makes at most thirty records, and leaves none', async () => {
    const { findings, records, left } = await look({ options: { maximumPendingUploads: 5 } });
    const others = findings.filter(({ outcome }) => outcome !== 'as assumed');
    expect(others.filter(({ outcome }) => outcome === 'different')).toEqual([]);
    expect(others.map(({ about }) => about)).toEqual([
      ...NEVER,
      'the host of the delivery URL, with a custom domain',
    ]);
    expect(records).toBeLessThanOrEqual(30);
    expect(left).toEqual([]);
    expect(emulator.images.list()).toEqual([]);
  });

  it.each(ASSUMPTIONS.filter(({ about }) => !NEVER.includes(about)))(
    'reports a service that is different in $about',
    async (assumption) => {
      const { about } = assumption;
      const change = CHANGES[about];
      const sources = Object.entries(change?.sources ?? {}).map(([name, value]) =>
        ['image', 'page'].includes(String(value)) ? [name, `${pages}/${String(value)}`] : [name, value],
      );
      const report = await look({ ...change, sources: Object.fromEntries(sources) as object }, [assumption]);
      expect(report.findings).toMatchObject([{ about, outcome: 'different' }]);
    },
  );

  it('deletes what it has made when the service fails in the middle', async () => {
    const { findings } = await look({
      before: (call) => (call.path.endsWith('/images/token') ? json(500) : call),
    });
    expect(findings).toHaveLength(ASSUMPTIONS.length);
    expect(emulator.images.list()).toEqual([]);
  });

  it('says what it could not delete', async () => {
    const isDelete = ({ method, path }: Call): boolean => method === 'DELETE' || path.endsWith('bulk_delete');
    const report = await look({ before: (call) => (isDelete(call) ? json(500) : call) });
    expect(new Set(report.left)).toEqual(new Set(emulator.images.list().map(({ id }) => id)));
    expect(report.left).not.toEqual([]);
  });

  it('asks nothing with a key that is rejected', async () => {
    const baseUrl = await start({});
    await expect(probe({ apiKey: 'sk_of_nobody', baseUrl })).rejects.toThrow(
      'is the key one of a server (sk_…)?',
    );
    expect(emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('names a file for each assumption that relies on it', () => {
    const missing = ASSUMPTIONS.filter(
      ({ reliesOn }) => !existsSync(new URL(`../../../../${reliesOn}`, import.meta.url)),
    );
    expect(missing).toEqual([]);
  });

  it('leaves the images of others alone', async () => {
    const baseUrl = await start({});
    await api(emulator, 'POST', '/images/standard_upload', { file_name: 'theirs.png' });
    await probe({ apiKey: emulator.apiKey, baseUrl, pageUrl: `${pages}/page` });
    expect(emulator.images.list()).toHaveLength(1);
  });
});
