import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createSignedUpload } from '@imgwire/example-signed-upload';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen } from '../support/listen.ts';
import { launchBrowser } from './browser.ts';
import { logIn } from './signed-upload-page.ts';

/** What the page of someone else serves: nothing of ours, and a form that aims at us. */
const attack = (target: string): string =>
  `<!doctype html><form method="post" action="${target}"><button>You have won</button></form>`;

describe('a page of another origin', () => {
  let browser: Browser;
  let emulator: Emulator;
  let app: Server;
  let other: Server;
  let address: string;
  let endpoint: string;
  let port: string;
  let page: Page;

  beforeAll(async () => {
    emulator = await startEmulator({ allowUnsignedUpload: false });
    const { url: baseUrl, apiKey, clientKey } = emulator;
    app = createServer(createSignedUpload({ apiKey, baseUrl }, { apiKey: clientKey, baseUrl }));
    address = await listen(app);
    endpoint = `${address}/api/imgwire/upload-token`;
    other = createServer((_req, res) => res.setHeader('content-type', 'text/html').end(attack(endpoint)));
    port = new URL(await listen(other)).port;
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    app.close();
    other.close();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    page = await browser.newPage();
    await page.goto(address);
    await logIn(page);
  });
  afterEach(() => page.close());

  /** The next request to the server, as the server sees it: a browser hides from the page, and from us, what it rejects. */
  const arrival = async (): Promise<{ status: number; site: unknown; hasCookie: boolean }> => {
    const [req, res] = (await once(app, 'request')) as [IncomingMessage, ServerResponse];
    await finished(res);
    return {
      status: res.statusCode,
      site: req.headers['sec-fetch-site'],
      hasCookie: req.headers.cookie !== undefined,
    };
  };
  /** Asks for a token as the page itself would, with the cookies of the one who is logged in. */
  const ask = (init: object = {}): Promise<string> =>
    page.evaluate(
      ([url, options]) =>
        fetch(url, { method: 'POST', credentials: 'include', ...options }).then(
          (response) => response.text().then((text) => `${response.type} ${response.status} ${text}`),
          (error: Error) => error.name,
        ),
      [endpoint, init] as const,
    );
  const tokens = (): number => emulator.requests.filter(({ route }) => route === 'token').length;

  it('is no obstacle to the page itself, which gets a token', async () => {
    expect(await ask()).toMatch(/^basic 200 \{"uploadToken":"ut_/);
    expect(tokens()).toBe(1);
  });

  // The site of a page is its host without the port: to its own site the browser sends the cookie even so.
  it.each([
    ['of another site', 'localhost', 'cross-site', false],
    ['of the same host on another port', '127.0.0.1', 'same-site', true],
  ])('%s gets no token with fetch', async (_, host, site, hasCookie) => {
    await page.goto(`http://${host}:${port}`);
    for (const mode of ['cors', 'no-cors']) {
      const [rejection, seen] = await Promise.all([arrival(), ask({ mode })]);
      expect(rejection).toEqual({ status: 403, site, hasCookie });
      expect(seen).toBe(mode === 'cors' ? 'TypeError' : 'opaque 0 ');
    }
    expect(tokens()).toBe(0);
  });

  it('gets no token with a preflight or a form', async () => {
    await page.goto(`http://localhost:${port}`);
    expect(await ask({ headers: { 'content-type': 'application/json' } })).toBe('TypeError');
    const [rejection] = await Promise.all([page.waitForResponse(endpoint), page.getByRole('button').click()]);
    expect([rejection.status(), (await rejection.json()).code]).toEqual([403, 'CROSS_SITE_REQUEST']);
    expect(tokens()).toBe(0);
  });
});
