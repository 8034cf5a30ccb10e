import { createServer, type Server } from 'node:http';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import express from 'express';
import helmet from 'helmet';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';

// What is used inside the page. The whole DOM library would be there for every package.
declare class Image {
  src: string;
  readonly naturalWidth: number;
  decode(): Promise<void>;
}

const RECORD_VIOLATIONS = `
  forbidden = [];
  addEventListener('securitypolicyviolation', (event) => forbidden.push(event.effectiveDirective));
`;

describe('a page with the policy of helmet, in Chromium', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let browser: Browser;
  let page: Page;
  let url: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const { origin } = new URL(emulator.url);
    const app = express();
    app.use('/helmet', helmet());
    app.use('/recipe', contentSecurityPolicy({ images: origin, api: origin, store: origin }));
    app.use((_req, res) => void res.type('html').send('<!doctype html><title>Gallery</title>'));
    server = createServer(app);
    url = await listen(server);
    browser = await launchBrowser();
    page = await browser.newPage();
    await page.addInitScript(RECORD_VIOLATIONS);
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    await imgwire.close();
    await emulator.close();
  });

  /** The width of the image as the page shows it, 0 if it does not. */
  const shown = (src: string): Promise<number> =>
    page.evaluate(async (address) => {
      const img = new Image();
      img.src = address;
      await img.decode().catch(() => undefined);
      return img.naturalWidth;
    }, src);

  /** Uploads as the SDK for browsers does: creates the image with a token, and sends the bytes to its `upload_url`. */
  const uploads = async (): Promise<number | string> => {
    const { token } = await imgwire.createUploadToken();
    const create = `${emulator.url}/api/v1/images/standard_upload?upload_token=${token}`;
    return page.evaluate(
      async ([address, authorization, base64]) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const body = JSON.stringify({ file_name: 'a.png', content_length: bytes.length });
        const headers = { authorization, 'content-type': 'application/json' };
        const created = await fetch(address, { method: 'POST', headers, body }).catch(() => undefined);
        if (!created) return 'nothing';
        const { upload_url } = (await created.json()) as { upload_url: string };
        return (await fetch(upload_url, { method: 'PUT', body: bytes })).status;
      },
      [create, `Bearer ${emulator.clientKey}`, (await image('image/png')).toString('base64')] as const,
    );
  };
  const forbidden = (): Promise<unknown> => page.evaluate('forbidden');

  it('shows no image and uploads none by default', async () => {
    const { cdn_url } = await imgwire.upload({ file: await image('image/png') });
    await page.goto(`${url}/helmet`);
    expect(await shown(cdn_url)).toBe(0);
    await expect.poll(forbidden).toEqual(['img-src']);
    expect(await uploads()).toBe('nothing');
    await expect.poll(forbidden).toEqual(['img-src', 'connect-src']);
  });

  it('shows images and uploads with the origins of Imgwire', async () => {
    const stored = await imgwire.upload({ file: await image('image/png') });
    await page.goto(`${url}/recipe`);
    expect(await shown(stored.cdn_url)).toBe(96);
    expect(await shown(stored.url({ width: 48 }))).toBe(48);
    expect(await uploads()).toBe(200);
    expect(await forbidden()).toEqual([]);
  });
});
