import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createGallery } from '@imgwire/example-hono';
import type { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { image, textNamedPng } from '../support/images.ts';

const user = { username: 'ann', password: 'a password' };
/** As a browser sends them from the page itself. */
const HEADERS = {
  authorization: `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`,
  origin: 'http://localhost',
  host: 'localhost',
};

describe('the Hono example', () => {
  let emulator: Emulator;
  let app: Hono;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = createGallery({ apiKey: emulator.apiKey, baseUrl: emulator.url }, user);
  });
  beforeEach(() => emulator.reset());
  afterAll(() => emulator.close());

  const ask = async (
    path: string,
    init: RequestInit = {},
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> => app.request(path, { ...init, headers: { ...HEADERS, ...headers } });
  const formOf = (...files: [name: string, bytes: Buffer][]): FormData => {
    const form = new FormData();
    for (const [name, bytes] of files) form.append('images', new Blob([Uint8Array.from(bytes)]), name);
    return form;
  };
  const pageOf = async (): Promise<string> => (await ask('/')).text();

  it('stores the images of a form, shows them, and deletes one', async () => {
    expect(await pageOf()).toContain('There are no images yet.');
    const png = await image('image/png');
    const stored = await ask('/images', { method: 'POST', body: formOf(['a.png', png], ['b.png', png]) });
    expect([stored.status, stored.headers.get('location')]).toEqual([303, '/']);
    expect(await pageOf()).toMatch(/alt="b\.png".*alt="a\.png"/s);

    const first = emulator.images.list().find(({ original_filename: name }) => name === 'a.png');
    const deleted = await ask(`/images/${first?.id}/delete`, { method: 'POST' });
    expect(deleted.status).toBe(303);
    expect(emulator.images.list().map(({ original_filename: name }) => name)).toEqual(['b.png']);
  });

  it('escapes what a file is called', async () => {
    const form = formOf(['<img src=x>.png', await image('image/png')]);
    await ask('/images', { method: 'POST', body: form });
    expect(await pageOf()).toContain('&lt;img src=x&gt;.png');
    expect(await pageOf()).not.toContain('<img src=x');
  });

  it.each<[string, number, RegExp, () => FormData]>([
    ['a text', 415, /not an image of an accepted type/, () => formOf(['notes.png', textNamedPng.bytes])],
    ['no file', 400, /required file is missing/, () => formOf()],
  ])('says on a page why it takes no form with %s', async (_what, status, words, form) => {
    const refused = await ask('/images', { method: 'POST', body: form() });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      status,
      'text/html; charset=UTF-8',
    ]);
    expect(await refused.text()).toMatch(words);
    expect(emulator.images.list()).toEqual([]);
  });

  it('says on a page that Imgwire is not to be had', async () => {
    emulator.faults.add({ route: 'list', status: 500, times: 3 });
    const page = await ask('/');
    expect(page.status).toBe(503);
    expect(await page.text()).toContain('role="alert"');
  });

  it('issues an upload token', async () => {
    const issued = await ask('/api/imgwire/upload-token', { method: 'POST' });
    expect(await issued.json()).toMatchObject({ uploadToken: expect.stringMatching(/^ut_/) });
  });

  it.each<[string, number, Readonly<Record<string, string>>]>([
    ['without the password', 401, { authorization: '' }],
    ['from another site', 403, { origin: 'https://evil.example' }],
  ])('does nothing for a request %s', async (_how, status, headers) => {
    const form = formOf(['a.png', await image('image/png')]);
    expect((await ask('/images', { method: 'POST', body: form }, headers)).status).toBe(status);
    const token = await ask('/api/imgwire/upload-token', { method: 'POST' }, headers);
    expect(token.status).toBe(status);
    expect(emulator.requests).toEqual([]);
  });
});
