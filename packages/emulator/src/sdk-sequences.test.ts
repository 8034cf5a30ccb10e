import { request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, type EmulatorImage, startEmulator } from './index.ts';
import { makePng } from './testing/client.ts';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
beforeEach(() => emulator.reset());
afterAll(() => emulator.close());

interface Reply {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

/** Sends exactly these headers and no others, which is what makes an SDK recognisable. */
function exchange(
  method: string,
  url: string,
  headers: Record<string, string>,
  body?: string | Buffer,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** How an SDK dresses its calls. */
interface Sdk {
  readonly api: Record<string, string>;
  /** Headers of the PUT besides its length. */
  readonly put: Record<string, string>;
  /** What create sends besides name, length and type. */
  readonly extra: object;
  /** Whether the token POST has a JSON type in spite of having no body. */
  readonly typesEmptyPost: boolean;
}

const SDKS: Record<string, Sdk> = {
  node: {
    api: { accept: 'application/json' },
    put: {
      accept: '*/*',
      'accept-language': '*',
      'sec-fetch-mode': 'cors',
      'user-agent': 'node',
      'accept-encoding': 'gzip, deflate',
    },
    extra: { custom_metadata: { a: 1 }, purpose: null },
    typesEmptyPost: false,
  },
  python: {
    api: { accept: 'application/json', 'user-agent': 'OpenAPI-Generator/1.0.0/python' },
    put: {
      accept: '*/*',
      'accept-encoding': 'gzip, deflate',
      connection: 'keep-alive',
      'user-agent': 'python-httpx/0.28.1',
    },
    extra: { custom_metadata: {}, hash_sha256: null, idempotency_key: null, purpose: null },
    typesEmptyPost: true,
  },
  ruby: {
    api: { accept: 'application/json', 'user-agent': 'OpenAPI-Generator/1.0.0/ruby' },
    put: {
      accept: '*/*',
      'user-agent': 'Ruby',
      'accept-encoding': 'gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
    },
    extra: { hash_sha256: null, idempotency_key: null, purpose: null },
    typesEmptyPost: true,
  },
  go: {
    api: {
      accept: 'application/json',
      'user-agent': 'OpenAPI-Generator/1.0.0/go',
      'accept-encoding': 'gzip',
    },
    put: { 'user-agent': 'Go-http-client/1.1', 'accept-encoding': 'gzip' },
    extra: {},
    typesEmptyPost: false,
  },
};

describe.each(Object.entries(SDKS))('the calls of the %s SDK', (_name, sdk) => {
  async function call(method: string, path: string, body?: unknown): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const isTyped = text !== undefined || (method === 'POST' && sdk.typesEmptyPost);
    const headers = {
      ...sdk.api,
      authorization: `Bearer ${emulator.apiKey}`,
      ...(isTyped ? { 'content-type': 'application/json' } : {}),
      ...(text === undefined && method !== 'POST'
        ? {}
        : { 'content-length': String(Buffer.byteLength(text ?? '')) }),
    };
    const reply = await exchange(method, `${emulator.url}/api/v1${path}`, headers, text);
    expect(reply.status, `${method} ${path}: ${reply.text}`).toBe(200);
    // Strict decoders take nothing else.
    expect(reply.headers['content-type']).toBe('application/json');
    return reply;
  }

  async function uploadOne(): Promise<EmulatorImage> {
    const png = makePng();
    const body = { content_length: png.length, file_name: 'a.png', mime_type: 'image/png', ...sdk.extra };
    const created = JSON.parse((await call('POST', '/images/standard_upload', body)).text) as Created;
    const headers = { ...sdk.put, 'content-type': 'image/png', 'content-length': String(png.length) };
    // Some of them retry a PUT whose answer was lost, so it has to be repeatable.
    for (let count = 0; count < 2; count += 1) {
      const reply = await exchange('PUT', created.upload_url, headers, png);
      expect(reply.status).toBe(200);
    }
    return created.image;
  }

  it('all get the answers that they can decode', async () => {
    const image = await uploadOne();
    const retrieved = JSON.parse((await call('GET', `/images/${image.id}`)).text) as EmulatorImage;
    expect(retrieved).toMatchObject({ status: 'READY', size_bytes: makePng().length });
    for (const name of ['created_at', 'updated_at', 'processed_metadata_at'] as const) {
      expect(retrieved[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
    }
    const list = await call('GET', '/images/?limit=1&page=1');
    expect(list.headers).toMatchObject({
      'x-total-count': '1',
      'x-page': '1',
      'x-limit': '1',
      'x-prev-page': '',
      'x-next-page': '',
    });
    await call('POST', '/images/token');
    const job = JSON.parse((await call('POST', '/images/downloads', { image_ids: [image.id] })).text) as {
      id: string;
    };
    await call('GET', `/images/downloads/${job.id}`);
    await call('POST', '/images/upload_via_url', { url: retrieved.cdn_url });
    await call('GET', '/cors_origins/?limit=20&page=1');
    await call('GET', '/metrics/stats?interval=DAILY');
    await call('GET', '/metrics/datasets?interval=HOURLY&tz=UTC');
    await call('DELETE', `/images/${image.id}`);
    await call('POST', '/images/bulk_delete', { image_ids: [image.id] });
    emulator.assertEveryRecordHasBytes();
    emulator.assertNothingPending();
  });
});

interface Created {
  readonly image: EmulatorImage;
  readonly upload_url: string;
}

it('the calls of the js SDK work with a client key, a token and the headers of a browser', async () => {
  const origin = {
    origin: 'http://localhost:5173',
    referer: 'http://localhost:5173/',
    'user-agent': 'Mozilla/5.0',
  };
  const key = { authorization: `Bearer ${emulator.clientKey}` };
  const token = await exchange('POST', `${emulator.url}/api/v1/images/token`, {
    authorization: `Bearer ${emulator.apiKey}`,
    'content-length': '0',
  });
  const { token: value } = JSON.parse(token.text) as { token: string };
  const png = makePng();
  const body = JSON.stringify({ content_length: png.length, file_name: 'a.png', mime_type: 'image/png' });
  const url = `${emulator.url}/api/v1/images/standard_upload?upload_token=${encodeURIComponent(value)}`;
  const created = JSON.parse(
    (await exchange('POST', url, { ...origin, ...key, 'content-type': 'application/json' }, body)).text,
  ) as Created;
  const put = await exchange(
    'PUT',
    created.upload_url,
    { ...origin, 'content-type': 'image/png', 'content-length': String(png.length) },
    png,
  );
  expect(put.status).toBe(200);
  const seen = await exchange('GET', `${emulator.url}/api/v1/images/${created.image.id}`, {
    ...origin,
    ...key,
  });
  expect(JSON.parse(seen.text)).toMatchObject({
    status: 'READY',
    upload_token_id: (JSON.parse(token.text) as { id: string }).id,
  });
});

it('a PUT without a type is fine where none was declared, as node, python and go send it', async () => {
  const headers = { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ content_length: makePng().length, file_name: 'upload.bin' });
  const created = JSON.parse(
    (await exchange('POST', `${emulator.url}/api/v1/images/standard_upload`, headers, body)).text,
  ) as Created;
  const put = await exchange(
    'PUT',
    created.upload_url,
    { 'content-length': String(makePng().length) },
    makePng(),
  );
  expect(put.status).toBe(200);
  expect(emulator.images.get(created.image.id)).toMatchObject({ mime_type: 'image/png', status: 'READY' });
});
