import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createListings } from './app.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const lake = await readFile(new URL('../../demo/lake.jpg', import.meta.url));
const notes = Buffer.from('Not an image, only a text with the name of one.');

type Part =
  | readonly [field: string, value: string]
  | readonly [field: string, fileName: string, bytes: Buffer];

function formOf(parts: readonly Part[]): FormData {
  const form = new FormData();
  for (const [field, value, bytes] of parts) {
    if (bytes) form.append(field, new Blob([Uint8Array.from(bytes)]), value);
    else form.append(field, value);
  }
  return form;
}

interface Picture {
  readonly id: string;
  readonly url: string;
}

/** What the routes answer, as far as it is looked into. */
interface Answer {
  readonly name?: string;
  readonly avatar: Picture;
  readonly cover: readonly Picture[];
  readonly photos: readonly Picture[];
}

async function post(url: string, parts: readonly Part[]): Promise<readonly [status: number, body: Answer]> {
  const answer = await fetch(url, { method: 'POST', body: formOf(parts) });
  return [answer.status, (await answer.json()) as Answer];
}

describe('the multer example', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    server = createListings({ imgwire }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await imgwire.close();
    await emulator.close();
  });
  const stored = (): string[] => emulator.images.list().map(({ id }) => id);

  it('stores the file of `single`, and has the text fields beside', async () => {
    const parts = [
      ['name', 'Ann'],
      ['avatar', 'Šárka.jpg', lake],
    ] as const;
    const [status, { name, avatar }] = await post(`${url}/avatar`, parts);
    expect([status, name]).toEqual([200, 'Ann']);
    expect(avatar).toMatchObject({ originalname: 'Šárka.jpg', mimetype: 'image/jpeg', size: lake.length });
    expect(stored()).toEqual([avatar.id]);
    expect((await emulator.images.bytes(avatar.id))?.equals(lake)).toBe(true);
  });

  it('stores the files of `fields`, and nests the text fields as multer does', async () => {
    const [, listing] = await post(`${url}/listings`, [
      ['title', 'Boathouse'],
      ['address[town]', 'Bled'],
      ['cover', 'cover.jpg', lake],
      ['photos', 'one.jpg', lake],
      ['photos', 'two.jpg', lake],
    ]);
    expect(listing).toMatchObject({
      title: 'Boathouse',
      address: { town: 'Bled' },
      cover: [{ originalname: 'cover.jpg' }],
      photos: [{ originalname: 'one.jpg' }, { originalname: 'two.jpg' }],
    });
    const ids = [...listing.cover, ...listing.photos].map(({ id }) => id);
    expect(new Set(stored())).toEqual(new Set(ids));
  });

  it('takes a form without a file', async () => {
    expect(await post(`${url}/avatar`, [['name', 'Ann']])).toEqual([200, { name: 'Ann' }]);
    expect(emulator.requests).toEqual([]);
  });

  const cover: Part = ['cover', 'a.jpg', lake];
  const photo: Part = ['photos', 'b.jpg', lake];
  const tooLarge: Part = ['photos', 'b.jpg', Buffer.concat([lake], 5 * 1024 * 1024 + 1)];
  const tooLong: Part = ['title', 'x'.repeat(10_001)];
  const tags = Array.from({ length: 11 }, (): Part => ['tags[]', 'lake']);
  it.each<[what: string, code: string, field: string | undefined, parts: readonly Part[]]>([
    ['a file too large', 'LIMIT_FILE_SIZE', 'photos', [tooLarge]],
    ['a file in another field', 'LIMIT_UNEXPECTED_FILE', 'scan', [['scan', 'b.jpg', lake]]],
    ['a second file in a field for one', 'LIMIT_UNEXPECTED_FILE', 'cover', [cover]],
    ['a file too many', 'LIMIT_FILE_COUNT', undefined, [photo, photo, photo, photo]],
    ['a text too long', 'LIMIT_FIELD_VALUE', 'title', [tooLong]],
    ['a text too many', 'LIMIT_FIELD_COUNT', undefined, tags],
  ])("answers %s with multer's %s, and leaves no image of the form", async (_what, code, field, parts) => {
    const [status, answer] = await post(`${url}/listings`, [cover, ...parts]);
    expect([status, answer]).toEqual([400, { error: expect.any(String), code, ...(field && { field }) }]);
    await expect.poll(stored).toEqual([]);
  });

  it('refuses a file that is not an image, and leaves no image of the form', async () => {
    const [status, problem] = await post(`${url}/listings`, [
      ['cover', 'a.jpg', lake],
      ['photos', 'notes.png', notes],
    ]);
    expect([status, problem]).toEqual([
      415,
      expect.objectContaining({ code: 'UNSUPPORTED_IMAGE_TYPE', field: 'photos', fileName: 'notes.png' }),
    ]);
    expect(stored()).toEqual([]);
  });
});

it('the multer example starts offline, and prints lines that upload', async () => {
  const { IMGWIRE_API_KEY: _, IMGWIRE_API_BASE_URL: __, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/multer/src/main.ts'], {
    cwd: root,
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await gone;
  });
  let text = '';
  for await (const line of createInterface(child.stdout)) {
    text += `${line}\n`;
    if (line.includes('/listings')) break;
  }
  expect(text).toContain('Images are stored by the emulator at http');
  const [, address = ''] = /multer at (\S+)/.exec(text) ?? [];
  expect(text).toContain(`curl -F name=Ann -F avatar=@examples/demo/lake.jpg ${address}/avatar`);
  const [, { avatar }] = await post(`${address}/avatar`, [
    ['name', 'Ann'],
    ['avatar', 'lake.jpg', lake],
  ]);
  expect((await fetch(avatar.url)).headers.get('content-type')).toMatch(/^image\//);
});
