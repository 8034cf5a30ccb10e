import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createDemo } from '@imgwire/example-demo';
import { createGallery } from '@imgwire/example-hono';
import { createSignedUpload } from '@imgwire/example-signed-upload';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, it, onTestFinished } from 'vitest';
import { listen } from '../support/listen.ts';
import { launchBrowser } from './browser.ts';

const user = { username: 'demo', password: 'imgwire' };

const PAGES: readonly (readonly [name: string, serve: (emulator: Emulator) => Server])[] = [
  [
    'Upload to Imgwire',
    ({ apiKey, url }) =>
      createServer(createDemo({ apiKey, baseUrl: url }, { name: `the emulator at ${url}`, page: url })),
  ],
  [
    'Signed uploads',
    ({ apiKey, clientKey, url }) =>
      createServer(createSignedUpload({ apiKey, baseUrl: url }, { apiKey: clientKey, baseUrl: url })),
  ],
  [
    'Gallery with Hono',
    ({ apiKey, url }) => {
      const respond = getRequestListener(createGallery({ apiKey, baseUrl: url }, user).fetch);
      return createServer((request, response) => void respond(request, response));
    },
  ],
];

describe('the header of a page, in Chromium', () => {
  let browser: Browser;
  let emulator: Emulator;
  beforeAll(async () => {
    emulator = await startEmulator();
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await emulator.close();
  });

  it.each(PAGES)(
    'of %s says where its images go, and leads to the emulator and back',
    async (name, serve) => {
      const server = serve(emulator);
      const address = await listen(server);
      const page = await browser.newPage({ httpCredentials: user });
      onTestFinished(async () => {
        await page.close();
        server.close();
      });
      await page.goto(address);
      const header = page.getByRole('banner');
      await header.getByRole('heading', { level: 1, name }).waitFor();
      await header.getByText(emulator.url).first().waitFor();
      await header.getByRole('link').click();
      await header.getByRole('heading', { level: 1, name: 'Imgwire emulator' }).waitFor();
      await header.getByText(emulator.url, { exact: true }).waitFor();
      await header.getByRole('link', { name: `Back to ${new URL(address).host}` }).click();
      await header.getByRole('heading', { level: 1, name }).waitFor();
      await page.waitForURL(`${address}/`);
    },
  );
});
