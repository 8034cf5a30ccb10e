import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeImage, type TestFile, textNamedPng } from '../support/images.ts';
import { launchBrowser } from './browser.ts';
import { chooseByKeyboard, picked } from './browser-files.ts';
import { expectGoodPage, findWithAxe, tabTo } from './page-checks.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const long: TestFile = {
  name: `${'a-very-long-name-'.repeat(8)}.jpg`,
  type: 'image/jpeg',
  bytes: await makeImage('image/jpeg', { width: 1200, height: 900 }),
};

describe('the page of the Hono example, in Chromium', () => {
  let browser: Browser;
  let address: string;
  let stop: () => Promise<unknown>;
  let page: Page;

  // As `npm run example:hono` does.
  beforeAll(async () => {
    const { IMGWIRE_API_KEY: _, IMGWIRE_API_BASE_URL: __, GALLERY_PASSWORD: ___, ...env } = process.env;
    const child = spawn(process.execPath, ['--import', 'tsx', 'examples/hono/src/main.ts'], {
      cwd: root,
      env: { ...env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const gone = once(child, 'exit');
    stop = async () => {
      child.kill();
      await gone;
    };
    const lines: string[] = [];
    for await (const line of createInterface(child.stdout)) if (lines.push(line) === 2) break;
    address =
      /gallery is at (http\S+): sign in as demo with the password imgwire/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(lines[1]).toMatch(/stored by the emulator at http/);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await stop();
  });
  beforeEach(async () => {
    const httpCredentials = { username: 'demo', password: 'imgwire' };
    page = await browser.newPage({ httpCredentials, viewport: { width: 360, height: 640 } });
    await page.goto(address);
  });
  afterEach(() => page.close());

  const picture = (name: string): Locator => page.getByRole('img', { name });
  it('uploads and deletes with the keyboard alone, on a narrow screen', async () => {
    await tabTo(page, '#images');
    await chooseByKeyboard(page, 'images', long);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await picture(long.name).waitFor();
    await picture(long.name).evaluate((img: { decode(): Promise<void> }) => img.decode());
    expect(await picture(long.name).evaluate((img: { naturalWidth: number }) => img.naturalWidth)).toBe(480);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);

    await page.getByRole('button', { name: `Delete ${long.name}` }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('There are no images yet.').waitFor();
  });

  it('says beside the form why a text that is named .png is rejected, and keeps it chosen', async () => {
    await page.setInputFiles('#images', picked(textNamedPng));
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.getByRole('alert').getByText('not an image of an accepted type').waitFor();
    expect(await page.locator('#images').evaluate((input: { value: string }) => input.value)).toMatch(
      /notes\.png$/,
    );
    // The button can be pressed again. The text alone does not tell: it is there from before.
    const [again] = await Promise.all([
      page.waitForResponse('**/images'),
      page.getByRole('button', { name: 'Upload', exact: true }).click(),
    ]);
    expect(again.status()).toBe(415);
    await page.getByRole('alert').getByText('not an image of an accepted type').waitFor();
  });

  it('does the same without a script, where the choice is gone', async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      httpCredentials: { username: 'demo', password: 'imgwire' },
    });
    const plain = await context.newPage();
    await plain.goto(address);
    await plain.setInputFiles('#images', picked(textNamedPng));
    const [response] = await Promise.all([
      plain.waitForResponse('**/images'),
      plain.getByRole('button', { name: 'Upload', exact: true }).click(),
    ]);
    expect(response.status()).toBe(415);
    await plain.getByRole('alert').getByText('not an image of an accepted type').waitFor();
    await plain.setInputFiles('#images', picked(long));
    await plain.getByRole('button', { name: 'Upload', exact: true }).click();
    await plain.getByRole('button', { name: `Delete ${long.name}` }).click();
    await plain.getByText('There are no images yet.').waitFor();
    await context.close();
  });

  it('has no finding of axe and fits a narrow screen, with the sample picture and an error', async () => {
    expect(await findWithAxe(page)).toEqual([]);
    await page.getByRole('button', { name: 'Use a sample picture' }).click();
    await picture('lake.jpg').waitFor();
    await page.setInputFiles('#images', picked({ ...textNamedPng, name: long.name }));
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await page.getByRole('alert').getByText('not an image of an accepted type').waitFor();
    await expectGoodPage(page);
    await page.getByRole('button', { name: 'Delete lake.jpg' }).click();
    await page.getByText('There are no images yet.').waitFor();
  });

  it('is a page of its own for one who is not signed in', async () => {
    const context = await browser.newContext();
    const stranger = await context.newPage();
    const response = await stranger.goto(`${address}/`).catch(() => undefined);
    expect(response?.status()).toBe(401);
    await stranger.getByText('Sign in to see the gallery.').waitFor();
    await expectGoodPage(stranger);
    await context.close();
  });
});
