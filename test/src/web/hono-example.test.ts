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

  it('shows the steps of the last upload, and the code of the route', async () => {
    const steps = async (): Promise<string[]> =>
      [
        ...(await pageOf()).matchAll(
          /<li title="(imgwire:[\w:]+)"[^>]*>\s*<span>[^<]+<\/span> <span>([^<]+)</g,
        ),
      ].map(([, event, time]) => `${event} ${time}`);
    await ask('/images', { method: 'POST', body: formOf(['a.png', await image('image/png')]) });
    expect(await steps()).toHaveLength(5);
    expect((await steps()).at(-1)).toMatch(/^imgwire:upload:stored [\d.]+ ms$/);
    expect(await pageOf()).toContain('await images.receive(c.req.raw);');
  });

  it('stores the sample picture', async () => {
    expect((await ask('/sample', { method: 'POST' })).status).toBe(303);
    expect(emulator.images.list()).toMatchObject([{ original_filename: 'lake.jpg', status: 'READY' }]);
  });

  it.each<[string, number, RegExp, () => FormData]>([
    ['a text', 415, /not an image of an accepted type/, () => formOf(['notes.png', textNamedPng.bytes])],
    ['no file', 400, /required file is missing/, () => formOf()],
  ])(
    'says beside the form, on the page with the images, why it takes none with %s',
    async (_what, status, words, form) => {
      const kept = formOf(['kept.png', await image('image/png')]);
      await ask('/images', { method: 'POST', body: kept });
      const refused = await ask('/images', { method: 'POST', body: form() });
      expect([refused.status, refused.headers.get('content-type')]).toEqual([
        status,
        'text/html; charset=UTF-8',
      ]);
      const page = await refused.text();
      expect(/<p id="problem"[^>]*>([^<]*)</.exec(page)?.[1]).toMatch(words);
      expect(page).toMatch(/<input[^>]* name="images"/);
      expect(page).toContain('alt="kept.png"');
      expect(emulator.images.list()).toHaveLength(1);
    },
  );

  it('says on a page that Imgwire is not to be had', async () => {
    emulator.faults.add({ route: 'list', status: 500, times: 3 });
    const response = await ask('/');
    expect(response.status).toBe(503);
    const page = await response.text();
    expect(/<p id="problem"[^>]*>([^<]*)</.exec(page)?.[1]).not.toBe('');
    expect(page).not.toContain('There are no images yet.');
  });

  it('issues an upload token', async () => {
    const issued = await ask('/api/imgwire/upload-token', { method: 'POST' });
    expect(await issued.json()).toMatchObject({ uploadToken: expect.stringMatching(/^ut_/) });
  });

  it('responds with a page to a path that is not there', async () => {
    const response = await ask('/nothing');
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('There is no such page.');
  });

  it.each<[string, number, string, Readonly<Record<string, string>>]>([
    ['without the password', 401, 'Sign in to see the gallery.', { authorization: '' }],
    ['from another site', 403, 'This request came from another site.', { origin: 'https://evil.example' }],
  ])('does nothing for a request %s, and says so on a page', async (_how, status, words, headers) => {
    const form = formOf(['a.png', await image('image/png')]);
    const response = await ask('/images', { method: 'POST', body: form }, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(response.headers.has('www-authenticate')).toBe(status === 401);
    const page = await response.text();
    expect(page).toContain(words);
    expect(page).toContain('<h1>Gallery with Hono</h1>');
    const token = await ask('/api/imgwire/upload-token', { method: 'POST' }, headers);
    expect(token.status).toBe(status);
    expect(emulator.requests).toEqual([]);
  });
});
