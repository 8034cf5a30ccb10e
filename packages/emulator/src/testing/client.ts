import { randomBytes } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import type { Emulator, EmulatorImage } from '../index.ts';

/** A response of the emulator, read to its end. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into JSON of all shapes
  readonly json: any;
}

/** Sends one request and reads the whole response. */
export async function send(url: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** How to call an emulator, in this process or another. */
export type Target = Pick<Emulator, 'url' | 'apiKey'>;

/** An API call with the server key, or with another. */
export function api(
  emulator: Target,
  method: string,
  path: string,
  body?: unknown,
  key: string = emulator.apiKey,
): Promise<Reply> {
  return send(`${emulator.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** A create call that must succeed. */
export async function create(
  emulator: Target,
  body: object = {},
): Promise<{ image: EmulatorImage; upload_url: string }> {
  const reply = await api(emulator, 'POST', '/images/standard_upload', { file_name: 'photo.png', ...body });
  if (reply.status !== 200) throw new Error(`create: ${reply.status} ${reply.text}`);
  return reply.json;
}

/** The PUT of bytes to a presigned URL. */
export function put(url: string, bytes: Uint8Array, headers: Record<string, string> = {}): Promise<Reply> {
  return send(url, { method: 'PUT', body: bytes as Uint8Array<ArrayBuffer>, headers });
}

/** Create and PUT, both of which must succeed. */
export async function upload(
  emulator: Emulator,
  bytes: Uint8Array,
  body: object = {},
): Promise<EmulatorImage> {
  const { image, upload_url } = await create(emulator, body);
  const reply = await put(upload_url, bytes);
  if (reply.status !== 200) throw new Error(`PUT: ${reply.status} ${reply.text}`);
  return emulator.images.get(image.id) ?? image;
}

/** A real PNG of one colour. */
export function makePng(width = 4, height = 3): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = Buffer.alloc((1 + width * 3) * height, 0x7f);
  for (let row = 0; row < height; row += 1) rows[row * (1 + width * 3)] = 0;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * A PNG with random bytes after its end, of an exact length: an image to the prober, and incompressible.
 */
export function makePngOf(sizeBytes: number): Buffer {
  const png = makePng();
  return Buffer.concat([png, randomBytes(Math.max(0, sizeBytes - png.length))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
