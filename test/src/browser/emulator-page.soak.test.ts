import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire } from '@imgwire/express';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { makeImage, textNamedPng } from '../support/images.ts';
import { launchBrowser } from './browser.ts';
import { expectGoodPage, findWithAxe, tabTo } from './page-checks.ts';

describe('the page of the emulator, in Chromium', () => {
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
    await page.getByText(emulator.clientKey).waitFor();
  });
  afterEach(() => page.context().close());

  const upload = (fileName: string): Promise<{ readonly id: string }> =>
    imgwire.upload({ file: photo, fileName });
  /** What the service lets through, and only then finds to be no image. */
  const uploadText = async (): Promise<void> => {
    const { uploadUrl } = await imgwire.createDirectUpload({ fileName: textNamedPng.name });
    await fetch(uploadUrl, { method: 'PUT', body: new Uint8Array(textNamedPng.bytes) });
  };
  const rejectOne = (): Promise<Response> =>
    fetch(`${emulator.url}/api/v1/images/standard_upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' },
      body: '{"file_name":""}',
    });
  const picture = (name: string): Locator => page.getByRole('button', { name });
  const rows = (): Locator => page.locator('#requests summary');
  const copied = (): Promise<string> => page.evaluate('navigator.clipboard.readText()');

  it('keeps its own pictures out of the log, and open rows open while requests come in', async () => {
    await upload('lake.jpg');
    await picture('lake.jpg').click();
    await page.getByText('320 × 240').waitFor();
    await rows().getByText('POST /api/v1/images/standard_upload').click();
    await page.getByText('"file_name": "lake.jpg"').waitFor();
    await page.getByText('authorization: [redacted]').waitFor();
    await upload('other.jpg');
    await expect.poll(() => rows().count()).toBe(4);
    expect(await page.getByText('"file_name": "lake.jpg"').isVisible()).toBe(true);
    expect(await page.locator('main').textContent()).not.toContain(`Bearer ${emulator.apiKey}`);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put', 'create', 'put']);
  });

  it('says why an image is in quarantine, and which transformation is not applied', async () => {
    await uploadText();
    await upload('lake.jpg');
    await picture('notes.png').click();
    await page.getByText('In quarantine. Its bytes are not an image of a type that Imgwire takes.').waitFor();
    expect(await page.locator('#delivery').isVisible()).toBe(false);
    await picture('lake.jpg').click();
    await page.getByLabel('Transformations').fill('w=100&gradient=ff0000');
    await page.getByRole('status').getByText('Not applied: gradient.').waitFor();
    await page.getByLabel('Transformations').fill('w=nothing');
    await page.getByRole('alert').getByText('400: "w"').waitFor();
    expect(await page.getByText('Not applied').count()).toBe(0);
  });

  // What takes the browser seconds.
  if (!inject('soak')) return;

  it('has no finding of axe and fits a narrow screen, empty and with all that it can show', async () => {
    await page.getByText('No images yet').waitFor();
    await page.getByText('No requests yet').waitFor();
    expect(await findWithAxe(page)).toEqual([]);

    await upload('lake.jpg');
    await uploadText();
    await rejectOne();
    emulator.faults.add({ route: 'list', status: 503 });
    await picture('lake.jpg').click();
    await page.getByLabel('Transformations').fill('width=320&duotone=000000:ffffff');
    await page.getByText('Not applied: duotone').waitFor();
    // The newest row may not be here yet.
    await rows().getByText('422', { exact: true }).click();
    await page.getByText('Why it was rejected').waitFor();
    await expectGoodPage(page);

    await page.getByRole('button', { name: 'Forget everything…' }).click();
    expect(await findWithAxe(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('copies the keys, the lines for the environment and the record', async () => {
    await page.getByRole('button', { name: 'Copy the server key' }).click();
    expect(await copied()).toBe(emulator.apiKey);
    expect(await page.getByRole('status').first().textContent()).toBe('Copied the server key.');
    await page.getByRole('button', { name: 'Copy the lines for the environment' }).click();
    expect(await copied()).toBe(`IMGWIRE_API_BASE_URL=${emulator.url}\nIMGWIRE_API_KEY=${emulator.apiKey}`);
    const { id } = await upload('lake.jpg');
    await picture('lake.jpg').click();
    await page.getByRole('button', { name: 'Copy the record' }).click();
    expect(JSON.parse(await copied())).toMatchObject({ id, original_filename: 'lake.jpg' });
  });

  it('filters the log by text, by route and by failure', async () => {
    await upload('lake.jpg');
    await rejectOne();
    await expect.poll(() => rows().count()).toBe(3);
    await page.getByLabel('Failed only').check();
    expect(await rows().allTextContents()).toEqual([expect.stringContaining('422')]);
    expect(await page.locator('#requests-count').textContent()).toBe('1 of 3');
    await page.getByLabel('Failed only').uncheck();
    await page.getByLabel('Route').selectOption('put');
    expect(await rows().allTextContents()).toEqual([expect.stringContaining('PUT')]);
    await page.getByLabel('Filter by').fill('lake.jpg');
    await page.getByText('No request matches the filter.').waitFor();
    await page.getByLabel('Route').selectOption('All routes');
    expect(await rows().count()).toBe(1);
  });

  it('says when the emulator does not respond, and when it does again', async () => {
    const lost = page.getByText('The emulator does not respond.');
    await page.route('**/_emulator/state', (route) => route.abort());
    await lost.waitFor();
    await page.unroute('**/_emulator/state');
    await lost.waitFor({ state: 'hidden' });
  });

  it('is used with the keyboard alone', async () => {
    await upload('lake.jpg');
    await rejectOne();
    await picture('lake.jpg').waitFor();
    await page.locator('body').focus();

    // Choose an image, transform it.
    await tabTo(page, 'lake.jpg');
    await page.keyboard.press('Enter');
    await tabTo(page, '@query');
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.type('width=80');
    await page.getByText('80 × 60').waitFor();

    // Filter the log, open a row.
    await tabTo(page, '#filter-text');
    await page.keyboard.type('too_short');
    await expect.poll(() => rows().count()).toBe(1);
    await tabTo(page, '@failed');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Why it was rejected').waitFor();

    // Add a fault, remove it.
    await tabTo(page, '#fault-examples');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'Add fault');
    await page.keyboard.press('Enter');
    await expect.poll(() => emulator.faults.list()).toHaveLength(1);
    await page.getByRole('button', { name: 'Remove the fault' }).waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => emulator.faults.list()).toEqual([]);

    // Forget everything, at the second try.
    await tabTo(page, '#forget');
    await page.keyboard.press('Enter');
    await page.getByText('1 image, 3 requests and 0 faults').waitFor();
    await page.keyboard.press('Escape');
    expect(emulator.images.list()).toHaveLength(1);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('No images yet').waitFor();
    expect(emulator.images.list()).toEqual([]);
  });
});
