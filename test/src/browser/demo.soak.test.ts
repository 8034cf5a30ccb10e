import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createDemo } from '@imgwire/example-demo';
import { createImgwire, type Imgwire } from '@imgwire/express';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { image, imageOfSize, makeImage, type TestFile, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { launchBrowser } from './browser.ts';
import { chooseByKeyboard, dropFile, onDisk, picked, recordBars } from './browser-files.ts';
import { expectGoodPage, recordShifts, tabTo } from './page-checks.ts';

const MIB = 1024 * 1024;

describe('the page of the demo, in Chromium', () => {
  let browser: Browser;
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let address: string;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const storedBy = { name: `the emulator at ${emulator.url}`, page: emulator.url };
    server = createServer(createDemo({ imgwire }, storedBy));
    address = await listen(server);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    await imgwire.close();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    page = await browser.newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
  });
  afterEach(() => page.close());

  const pick = (...files: TestFile[]): Promise<void> => page.setInputFiles('#files', files.map(picked));
  const card = (name: string): Locator => page.getByRole('listitem').filter({ hasText: name });
  const stored = (name: string): Promise<void> => card(name).getByText('Stored', { exact: true }).waitFor();
  const percent = (name: string): Promise<number> =>
    page.getByLabel(`Upload of ${name}`).evaluate((bar: { value: number }) => bar.value);
  const width = async (picture: Locator): Promise<number> => {
    await picture.and(page.locator('[src]')).evaluate((img: { decode(): Promise<void> }) => img.decode());
    return await picture.evaluate((img: { naturalWidth: number }) => img.naturalWidth);
  };
  const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

  it('stores files that are picked and dropped, and shows each at two sizes', async () => {
    const photo = await makeImage('image/jpeg', { width: 1200, height: 900 });
    const png = await makeImage('image/png', { width: 900, height: 600 });
    await pick(jpeg('picked.jpg', photo), { name: 'picked.png', type: 'image/png', bytes: png });
    await dropFile(page, '.drop-zone', jpeg('dropped.jpg', photo));

    for (const name of ['picked.jpg', 'picked.png', 'dropped.jpg']) {
      await stored(name);
      expect(await percent(name)).toBe(100);
      expect(await width(card(name).getByAltText('thumbnail'))).toBe(150);
      expect(await width(card(name).getByAltText('large'))).toBe(800);
    }
    const names = emulator.images.list().map((record) => record.original_filename);
    expect(names).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining(['picked.jpg', 'picked.png', 'dropped.jpg']));
    expect(complaints).toEqual([]);
  });

  it('tells why a text that is named .png is rejected', async () => {
    await pick(textNamedPng);
    const rejected = card(textNamedPng.name);
    await rejected.getByText('Failed', { exact: true }).waitFor();
    expect(await rejected.locator('.detail').textContent()).toMatch(/not an image of an accepted type/);
    expect(await rejected.locator('.code').textContent()).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect(await page.getByRole('status').textContent()).toMatch(/^notes\.png: Failed\. The file/);
    expect(await rejected.locator('img:visible').count()).toBe(0);
    expect(complaints).toEqual([expect.stringMatching(/status of 415/)]);
  });

  it('cancels an upload, of which Imgwire keeps nothing, and sends it again', async () => {
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: 3 });
    const bytes = await image('image/jpeg');
    await pick(...['1.jpg', '2.jpg', '3.jpg', '4.jpg'].map((name) => jpeg(name, bytes)));
    await emulator.waitFor(({ requests }) => requests.filter(({ route }) => route === 'put').length === 3);
    const press = (what: string): Promise<void> => page.getByRole('button', { name: what }).click();
    await press('Cancel 4.jpg');
    await press('Cancel 2.jpg');
    await card('2.jpg').getByText('You have cancelled the upload.').waitFor();
    await card('4.jpg').getByText('You have cancelled the upload.').waitFor();
    const names = (): string[] => emulator.images.list().map((record) => record.original_filename);
    await emulator.waitFor(() => !names().includes('2.jpg'));
    await press('Try 4.jpg again');
    await stored('4.jpg');
    stall.remove();
    await Promise.all(['1.jpg', '3.jpg'].map(stored));
    expect(new Set(names())).toEqual(new Set(['1.jpg', '3.jpg', '4.jpg']));
    expect(await page.getByRole('button', { name: /^(Cancel|Try)/ }).allTextContents()).toEqual([
      'Try again',
    ]);
  });

  it('tells when the server is gone', async () => {
    await page.route('**/images', (route) => route.abort());
    await pick(jpeg('lost.jpg', await image('image/jpeg')));
    await card('lost.jpg').getByText('The connection was lost').waitFor();
  });

  // What takes the browser seconds.
  if (!inject('soak')) return;

  it('moves the bar as Imgwire takes the bytes, and fills it when Imgwire has responded', async () => {
    const bytes = await imageOfSize('image/jpeg', 24 * MIB);
    emulator.faults.add({ route: 'put', readBytesPerSecond: 12 * MIB });
    const bars = await recordBars(page);
    await page.setInputFiles('#files', await onDisk(jpeg('large.jpg', bytes)));

    const put = await emulator.waitFor(({ requests }) =>
      requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived > bytes.length / 4),
    );
    const partly = await percent('large.jpg');
    expect(put.state).toBe('open');
    expect(partly).toBeGreaterThan(0);
    expect(partly).toBeLessThan(100);

    await stored('large.jpg');
    const values = await bars();
    const last = values.at(-1);
    expect(values.length).toBeGreaterThan(3);
    expect(values).toEqual(values.toSorted((a, b) => a.value - b.value));
    expect(values.filter(({ value }) => value === 100)).toEqual([last]);
    expect(put).toMatchObject({ state: 'finished', status: 200, bytesReceived: bytes.length });
    expect(last?.at).toBeGreaterThanOrEqual(Number(put.endedAt));

    // Buffers on the way hold some megabytes; a server that puts the file aside would have all of it at once.
    const share = (at = 0): number =>
      (at - Number(put.startedAt)) / (Number(put.endedAt) - Number(put.startedAt));
    expect(share(values.find(({ value }) => value >= 90)?.at)).toBeGreaterThan(0.25);
  });

  it('sends three files at once, and the others after them', async () => {
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0, times: 3 });
    const names = ['1.jpg', '2.jpg', '3.jpg', '4.jpg', '5.jpg'];
    const bytes = await image('image/jpeg');
    await pick(...names.map((name) => jpeg(name, bytes)));
    await emulator.waitFor(({ requests }) => requests.filter(({ route }) => route === 'put').length === 3);
    expect(await page.getByText('Waiting', { exact: true }).count()).toBe(2);
    stall.remove();
    await Promise.all(names.map(stored));
  });

  it('shows the cards in the order of choice, bounds tall pictures, and moves nothing that is there', async () => {
    await page.getByRole('link', { name: 'Look into it' }).waitFor();
    const shifts = await recordShifts(page);
    const tall = await makeImage('image/jpeg', { width: 300, height: 1800 });
    const names = ['1.jpg', '2.jpg'];
    await pick(...names.map((name) => jpeg(name, tall)), textNamedPng);
    await Promise.all(names.map(stored));
    await card(textNamedPng.name).getByText('Failed', { exact: true }).waitFor();
    await pick(jpeg('3.jpg', tall));
    await stored('3.jpg');
    for (const name of names) expect(await width(card(name).getByAltText('large'))).toBe(300);
    expect(await page.locator('.name').allTextContents()).toEqual([...names, textNamedPng.name, '3.jpg']);
    const [picture, place] = await Promise.all(
      ['large', 'thumbnail'].map((name) => card('1.jpg').getByAltText(name).boundingBox()),
    );
    expect(Math.max(Number(picture?.height), Number(place?.height))).toBeLessThan(250);
    expect(await shifts()).toBe(0);
  });

  it('has no finding of axe and fits a narrow screen, and links to the page of the emulator', async () => {
    emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    await pick(textNamedPng, jpeg('stalled.jpg', await image('image/jpeg')));
    await card(textNamedPng.name).getByText('Failed', { exact: true }).waitFor();
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    await pick(jpeg('stored.jpg', await image('image/jpeg')));
    await stored('stored.jpg');
    await expectGoodPage(page);
    await page.getByRole('link', { name: 'Look into it' }).click();
    await page.getByRole('heading', { name: 'Imgwire emulator' }).waitFor();
    await page.getByRole('button', { name: 'stored.jpg' }).waitFor();
  });

  it('is used with the keyboard alone, and fits a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    await tabTo(page, '#files');
    const name = `${'a-very-long-name-'.repeat(8)}.jpg`;
    const photo = await makeImage('image/jpeg', { width: 1200, height: 900 });
    await chooseByKeyboard(page, 'files', jpeg(name, photo));
    await stored(name);
    expect(await width(card(name).getByAltText('large'))).toBe(800);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);

    emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    await page.keyboard.press('Shift+Tab');
    await tabTo(page, '#files');
    await chooseByKeyboard(page, 'files', jpeg('second.jpg', photo));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, state }) => route === 'put' && state === 'open'),
    );
    await tabTo(page, 'Cancel second.jpg');
    await page.keyboard.press('Enter');
    await card('second.jpg').getByText('You have cancelled').waitFor();
    // The focus is on the button that has taken the place of the other.
    await page.keyboard.press('Enter');
    await stored('second.jpg');
  });
});
