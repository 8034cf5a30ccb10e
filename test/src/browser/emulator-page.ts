import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { makeImage, textNamedPng } from '../support/images.ts';
import { launchBrowser } from './browser.ts';

/** The page of an emulator, and what puts something on it. */
export interface EmulatorPage {
  readonly page: Page;
  readonly emulator: Emulator;
  /** What the page has complained about in the console. */
  readonly complaints: string[];
  upload(fileName: string): Promise<UploadedImage>;
  /** Uploads what the service lets through, and only then finds to be no image. */
  uploadText(): Promise<void>;
  /** Sends a request that is rejected. */
  rejectOne(): Promise<unknown>;
  /** The card of an image. */
  card(name: string): Locator;
  /** What is listed in the log: groups, and requests that stand alone. */
  entries(): Locator;
  /** Presses the button that copies what it names, anywhere or in a part of the page, and reads the clipboard once the page says so. */
  copy(what: string, within?: Locator): Promise<string>;
}

/** The image, as the record of an upload. */
interface UploadedImage {
  readonly id: string;
  readonly cdn_url: string;
}

/** Opens the page of an empty emulator in Chromium before each test of this file. */
export function useEmulatorPage(): EmulatorPage {
  let browser: Browser;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let photo: Buffer;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    photo = await makeImage('image/jpeg', { width: 1200, height: 900 });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await imgwire.close();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(emulator.url);
    await page.getByText(emulator.clientKey, { exact: true }).waitFor();
  });
  afterEach(() => page.context().close());

  return {
    get page() {
      return page;
    },
    get emulator() {
      return emulator;
    },
    get complaints() {
      return complaints;
    },
    upload: (fileName) => imgwire.upload({ file: photo, fileName }),
    async uploadText() {
      const { uploadUrl } = await imgwire.createDirectUpload({ fileName: textNamedPng.name });
      await fetch(uploadUrl, { method: 'PUT', body: new Uint8Array(textNamedPng.bytes) });
    },
    rejectOne: () =>
      fetch(`${emulator.url}/api/v1/images/standard_upload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' },
        body: '{"file_name":""}',
      }),
    card: (name) => page.locator('#images').getByRole('button', { name }),
    entries: () => page.locator('#requests > li > details > summary'),
    async copy(what, within = page.locator('body')) {
      await within.getByRole('button', { name: `Copy ${what}`, exact: true }).click();
      await page.getByRole('status').getByText(`Copied ${what}.`, { exact: true }).waitFor();
      return await page.evaluate('navigator.clipboard.readText()');
    },
  };
}
