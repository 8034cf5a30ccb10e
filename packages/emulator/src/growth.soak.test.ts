import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { growth, LINEAR, steepOf } from '../../../test/src/support/growth.ts';
import { be32, box, text, u16, u32 } from '../../../test/src/support/pixel-files.ts';
import { createEntry } from './image-record.ts';
import { type Emulator, type EmulatorImage, startEmulator } from './index.ts';
import { createMemoryByteStore } from './store/memory-byte-store.ts';
import { api, create, makePng, put, upload } from './testing/client.ts';
import { zipImages } from './zip-images.ts';

// In this process, whose processor time is measured.
let emulator: Emulator;
let image: EmulatorImage;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(async () => {
  emulator = await startEmulator({ requestLogLimit: 10, repeatedPut: 'overwrite' });
  for (const pattern of ['*.example.com', 'localhost:3000', 'https://*.a.example']) {
    await api(emulator, 'POST', '/cors_origins/', { pattern });
  }
  image = await upload(emulator, makePng());
});
afterAll(async () => {
  agent.destroy();
  await emulator.close();
});

/** Sends what `fetch` would not send. Anything but a failure inside will do as an answer. */
async function ask(
  method: string,
  path: string,
  headers: OutgoingHttpHeaders = {},
  body = '',
): Promise<void> {
  const { hostname, port } = new URL(emulator.url);
  const all = {
    authorization: `Bearer ${emulator.apiKey}`,
    'content-length': Buffer.byteLength(body),
    ...headers,
  };
  const outgoing = request({ agent, maxHeaderSize: 65_536, hostname, port, method, path, headers: all });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await response.resume().toArray();
  if ((response.statusCode ?? 500) >= 500)
    throw new Error(`${method} ${path.slice(0, 80)} is ${response.statusCode}`);
}

const json = { 'content-type': 'application/json' };
const path = (): string => new URL(image.cdn_url).pathname;

/** What a header takes: one byte for each character. */
const asHeader = (value: string): string =>
  Buffer.from(value)
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
const HEADERS: Record<string, (value: string) => Promise<void>> = {
  authorization: (value) => ask('GET', '/api/v1/images/', { authorization: `Bearer ${value}x y` }),
  'content-type of a create': (value) =>
    ask('POST', '/api/v1/images/standard_upload', { 'content-type': value }, '{'),
  'content-type of a fault': (value) =>
    ask('POST', '/_emulator/faults', { 'content-type': `${value}x` }, '{}'),
  origin: (value) => ask('GET', '/api/v1/images/', { origin: `https://${value}` }),
  host: (value) => ask('GET', '/_emulator/faults', { host: `a.${value}` }),
  'access-control-request-headers': (value) =>
    ask('OPTIONS', '/api/v1/images/', {
      origin: 'https://a.example',
      'access-control-request-headers': value,
    }),
  'if-none-match': (value) => ask('GET', path(), { 'if-none-match': value }),
  'if-match': (value) => ask('GET', path(), { 'if-match': `${value}x` }),
  accept: (value) => ask('GET', `${path()}?format=auto`, { accept: value }),
  referer: (value) => ask('GET', '/health', { referer: value }),
  'x-environment-id': (value) => ask('GET', '/api/v1/images/', { 'x-environment-id': value }),
};

/** Anything in the target of a request, encoded only as far as HTTP demands. */
const asTarget = (value: string): string => value.replace(/[^\x21-\x7e]/gu, encodeURIComponent);
const PATHS = [
  '',
  'uploads/',
  'downloads/',
  'api/v1/images/',
  `${randomUUID()}/${randomUUID()}/`,
  '_emulator/page/',
];
const QUERIES = [
  ...[
    'cdn?',
    'cdn?width=',
    'cdn?crop=',
    'cdn?gradient=',
    'cdn?background=',
    'cdn?watermark_text=',
    'cdn?watermark_url=',
  ],
  ...['cdn?sharpen={', 'cdn?padding=', '/api/v1/images/?page=', '/api/v1/images/?limit=1&'],
  ...['interval=', 'date_start=2026-01-01', 'tz='].map((name) => `/api/v1/metrics/stats?${name}`),
];

/** Half of it is compared with twice of it. A mebibyte is the most that a body may have. */
const FIELD_SIZE = 100_000;
const FIELDS: Record<string, (value: string) => Promise<void>> = {};
for (const [target, names] of Object.entries({
  '/api/v1/images/standard_upload': ['file_name', 'mime_type', 'purpose'],
  '/api/v1/images/upload_via_url': ['url'],
  '/api/v1/cors_origins/': ['pattern'],
  '/api/v1/custom_domain/': ['hostname'],
  '/_emulator/faults': ['route'],
})) {
  for (const name of names) {
    FIELDS[`${name} of ${target}`] = async (value) => {
      // A record of each would make the next call slower.
      const required = target.endsWith('standard_upload') ? { content_length: -1 } : {};
      await ask('POST', target, json, JSON.stringify({ ...required, [name]: value }));
    };
  }
}
FIELDS['url with that host'] = (value) =>
  ask('POST', '/api/v1/images/upload_via_url', json, JSON.stringify({ url: `ftp://${value}.example/` }));
FIELDS['JSON as it is'] = (value) => ask('POST', '/api/v1/images/standard_upload', json, value);
FIELDS['a name in custom_metadata'] = (value) =>
  ask('POST', '/api/v1/images/standard_upload', json, JSON.stringify({ custom_metadata: { [value]: [] } }));

const extent = box('ispe', be32(0, 4, 4));
const brand = box('ftyp', text('avif', u32(0), 'avif'));
const properties = (unit: Buffer) => (size: number) =>
  text(brand, box('meta', be32(0), box('iprp', box('ipco', text(extent, Buffer.alloc(size, unit))))));
const filled = (start: Buffer, unit: Buffer) => (size: number) =>
  Buffer.concat([start, Buffer.alloc(size, unit)]);

/** Fields of so many bytes in all, each of which refers to all of the file as a list of numbers. */
function overlapping(size: number): Buffer {
  const count = Math.min(65_535, Math.floor(size / 24));
  const fields = Buffer.alloc(12 * count);
  for (let at = 0; at < fields.length; at += 12) {
    fields.set([...u16(1000 + ((at / 12) % 60_000), 1), ...u32(size, 8)], at);
  }
  // Width and height.
  fields.set([...u16(256, 3), ...u32(1, 9), ...u16(257, 3), ...u32(1, 9)]);
  return Buffer.concat([text('II*\0', u32(8), u16(count)), fields, Buffer.alloc(size / 2)]);
}

/** A JPEG that ends with its frame header. */
const withoutExif = text([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 9, 0, 9, 1, 1, 0x11, 0]);
const FILES: Record<string, (size: number) => Buffer> = {
  'GIF of empty extensions': filled(text('GIF89a', u16(9, 9), [0, 0, 0]), text([0x21, 0xf9, 0])),
  'GIF of empty frames': filled(
    text('GIF89a', u16(9, 9), [0, 0, 0]),
    text([0x2c], u16(0, 0, 1, 1), [0, 2, 0]),
  ),
  'GIF of blocks of one byte': filled(text('GIF89a', u16(9, 9), [0, 0, 0, 0x21, 0xf9]), text([1, 1])),
  'JPEG of fill bytes': filled(text([0xff, 0xd8, 0xff]), text([0xff])),
  'JPEG of empty segments': filled(text([0xff, 0xd8]), text([0xff, 0xfe, 0, 2])),
  'AVIF of extents': properties(extent),
  'AVIF of empty properties': properties(box('free')),
  'AVIF of empty boxes': filled(brand, box('free')),
  'AVIF of brands': (size) => box('ftyp', text('mif1', u32(0), Buffer.alloc(size, 'mif1'))),
  'JPEG XL of boxes': filled(text('\0\0\0\x0cJXL \r\n\x87\n'), box('free')),
  'WebP of chunks': filled(text('RIFF', u32(9), 'WEBPVP8X', u32(0)), text('ABCD', u32(0))),
  'TIFF of fields': filled(text('II*\0', u32(8), u16(65_535)), text(u16(300, 3), u32(1, 1))),
  'TIFF of overlapping values': overlapping,
  'JPEG of overlapping EXIF values': (size) =>
    Buffer.concat([withoutExif, text([0xff, 0xe1, 0xff, 0xff], 'Exif\0\0'), overlapping(size)]),
};

describe('work grows no faster than what is repeated', () => {
  it.each(Object.keys(HEADERS))('in the header %s', async (name) => {
    const send = (value: string) => HEADERS[name]?.(asHeader(value).slice(0, 28_000));
    expect(await steepOf(7000, send)).toEqual([]);
  });

  it.each(PATHS)('in the path behind /%s', async (start) => {
    expect(
      await steepOf(3000, (value) => ask('GET', `/${start}${asTarget(value)}`.slice(0, 28_000))),
    ).toEqual([]);
  });

  it.each(QUERIES)('in the query %s', async (query) => {
    const send = (value: string) =>
      ask('GET', (query.replace('cdn', path()) + asTarget(value)).slice(0, 28_000));
    expect(await steepOf(3000, send)).toEqual([]);
  });

  it.each(Object.keys(FIELDS))('in the field %s', async (name) => {
    expect(await steepOf(FIELD_SIZE, FIELDS[name])).toEqual([]);
  });

  it.each(Object.keys(FILES))('in a %s', async (name) => {
    const make = FILES[name] ?? (() => Buffer.alloc(0));
    const files = new Map([250_000, 1_000_000].map((size) => [size, make(size)]));
    const { upload_url } = await create(emulator);
    const send = async (size: number) => {
      const { status } = await put(upload_url, files.get(size) ?? Buffer.alloc(0));
      expect(status).toBe(200);
    };
    expect(await growth(send, 500_000)).toBeLessThan(LINEAR);
  });

  it('in the names of a zip', async () => {
    const bytes = createMemoryByteStore();
    const stored = await bytes.receive('a', Readable.from([makePng()]));
    const context = { environmentId: randomUUID(), uploadTokenId: null, position: 1 };
    const entry = { ...createEntry({ file_name: 'a.png' }, context), stored };
    const pack = (count: number) => zipImages(new Array(count).fill(entry), bytes).destroy();
    expect(await growth(pack, 2000)).toBeLessThan(LINEAR);
  });
});
