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

  let lake: Buffer;

  beforeAll(async () => {
    lake = await image('image/jpeg');
    emulator = await startEmulator();
    imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    const storedBy = { name: `the emulator at ${emulator.url}`, page: emulator.url };
    server = createServer(createDemo({ apiKey: emulator.apiKey, baseUrl: emulator.url }, storedBy));
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
    const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] });
    page = await context.newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
  });
  afterEach(() => page.context().close());

  const pick = (...files: TestFile[]): Promise<void> => page.setInputFiles('#files', files.map(picked));
  const copied = (): Promise<string> => page.evaluate('navigator.clipboard.readText()');
  const height = async (name: string): Promise<number> => Number((await card(name).boundingBox())?.height);
  const card = (name: string): Locator => page.locator('#uploads > li').filter({ hasText: name });
  const stored = (name: string): Promise<void> => card(name).getByText('Stored', { exact: true }).waitFor();
  const percent = (name: string): Promise<number> =>
    page.getByLabel(`Upload of ${name}`).evaluate((bar: { value: number }) => bar.value);
  const width = async (picture: Locator): Promise<number> => {
    await picture.and(page.locator('[src]')).evaluate((img: { decode(): Promise<void> }) => img.decode());
    return await picture.evaluate((img: { naturalWidth: number }) => img.naturalWidth);
  };
  const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });

  it('stores files that are picked and dropped, and shows each as a thumbnail, and the one that is asked for at 800 pixels', async () => {
    const photo = await makeImage('image/jpeg', { width: 1200, height: 900 });
    const png = await makeImage('image/png', { width: 900, height: 600 });
    await pick(jpeg('picked.jpg', photo), { name: 'picked.png', type: 'image/png', bytes: png });
    await dropFile(page, '.drop-zone', jpeg('dropped.jpg', photo));

    const all = ['picked.jpg', 'picked.png', 'dropped.jpg'];
    // Each that is stored takes the place of the one that is shown.
    await Promise.all(all.map(stored));
    for (const name of all) {
      expect(await percent(name)).toBe(100);
      expect(await width(card(name).getByAltText(name))).toBe(150);
      await page.getByRole('button', { name: `Show ${name}` }).click();
      expect(await width(page.getByAltText(`${name}, large`))).toBe(800);
    }
    const names = emulator.images.list().map((record) => record.original_filename);
    expect(names).toHaveLength(3);
    expect(names).toEqual(expect.arrayContaining(all));
    expect(complaints).toEqual([]);
  });

  it('tells why a text that is named .png is rejected', async () => {
    await pick(textNamedPng);
    const rejected = card(textNamedPng.name);
    await rejected.getByText('Failed', { exact: true }).waitFor();
    expect(await rejected.locator('.problem').textContent()).toMatch(/not an image of an accepted type/);
    expect(await rejected.locator('.said').textContent()).toBe('415 UNSUPPORTED_IMAGE_TYPE');
    expect(await page.getByRole('status').textContent()).toMatch(/^notes\.png: Failed\. The file/);
    expect(await rejected.locator('img:visible').count()).toBe(0);
    await expect.poll(() => complaints).toEqual([expect.stringMatching(/status of 415/)]);
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

  it('cancels an upload at a double click, though the button that sends it again is where the other was', async () => {
    emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    await pick(jpeg('1.jpg', lake));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    await page.getByRole('button', { name: 'Cancel 1.jpg' }).dblclick({ force: true });
    await card('1.jpg').getByText('You have cancelled the upload.').waitFor();
    await emulator.waitFor(({ images }) => images.list().length === 0);
    // Of the sample too, a double click makes one.
    await page.getByRole('button', { name: 'Use a sample picture' }).dblclick();
    await stored('lake.jpg');
    await pick(jpeg('last.jpg', lake));
    await stored('last.jpg');
    expect(await page.locator('.name').allTextContents()).toEqual(['1.jpg', 'lake.jpg', 'last.jpg']);
    expect(await page.locator('.state').allTextContents()).toEqual(['Cancelled', 'Stored', 'Stored']);
  });

  it('tells when the server is gone', async () => {
    await page.route('**/images', (route) => route.abort());
    await pick(jpeg('lost.jpg', await image('image/jpeg')));
    await card('lost.jpg').getByText('The connection was lost').waitFor();
  });

  it('uploads the sample picture, and shows the steps of its request and the code of the route', async () => {
    await expect
      .poll(() => page.locator('#route').textContent())
      .toMatch(/^app\.post\('\/images', upload\.array\('images'\), [\s\S]*res\.json\([\s\S]*\}\);$/);
    const steps = page.getByRole('list', { name: 'Steps of the request' }).getByRole('listitem');
    await expect.poll(() => steps.allTextContents()).toEqual(Array(5).fill(expect.stringMatching(/–$/)));
    await page.getByRole('button', { name: 'Use a sample picture' }).click();
    await stored('lake.jpg');
    const shown = await steps.allTextContents();
    expect(shown).toHaveLength(5);
    expect(shown).toEqual(Array(5).fill(expect.stringMatching(/^\D+[\d.]+ ms$/)));
    expect(shown.at(-1)).toMatch(/^Stored/);
    const times = shown.map((step) => Number(/[\d.]+/.exec(step)?.[0]));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(emulator.images.list()).toMatchObject([{ original_filename: 'lake.jpg', status: 'READY' }]);
  });

  it('copies the URL and the id of an image, and deletes it', async () => {
    await pick(...['1.jpg', '2.jpg'].map((name) => jpeg(name, lake)));
    await Promise.all(['1.jpg', '2.jpg'].map(stored));
    const id = emulator.images.list().find(({ original_filename: name }) => name === '1.jpg')?.id;
    await page.getByRole('button', { name: 'Copy the id of 1.jpg' }).click();
    await card('1.jpg').getByText('Copied', { exact: true }).waitFor();
    expect(await copied()).toBe(id);
    await page.getByRole('button', { name: 'Copy the URL of 1.jpg' }).click();
    await expect.poll(copied).toMatch(new RegExp(`^http.*${id}`));
    expect((await fetch(await copied())).headers.get('content-type')).toMatch(/^image\//);

    await page.getByRole('button', { name: 'Delete 1.jpg' }).click();
    await card('1.jpg').waitFor({ state: 'detached' });
    expect(await page.getByRole('status').textContent()).toBe('1.jpg is deleted.');
    expect(emulator.images.list().map(({ original_filename: name }) => name)).toEqual(['2.jpg']);
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('Show 2.jpg');
  });

  it('deletes nothing that was not uploaded here, and says why an image is not deleted', async () => {
    const { id } = await imgwire.upload({ file: lake, fileName: 'theirs.jpg' });
    expect((await fetch(`${address}/images/${id}`, { method: 'DELETE' })).status).toBe(404);
    await pick(jpeg('mine.jpg', lake));
    await stored('mine.jpg');
    emulator.faults.add({ route: 'delete', status: 401 });
    await page.getByRole('button', { name: 'Delete mine.jpg' }).click();
    await card('mine.jpg').getByText('Not deleted:').waitFor();
    expect(emulator.images.list()).toHaveLength(2);
  });

  it('gives a failed file no more room than one that is stored, and shows the end of its name', async () => {
    const name = `${'a-very-long-name-'.repeat(8)}-no-17.png`;
    await pick(jpeg('stored.jpg', lake), { ...textNamedPng, name });
    await stored('stored.jpg');
    await card(name).getByText('Failed', { exact: true }).waitFor();
    expect(await height(name)).toBe(await height('stored.jpg'));
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await height(name)).toBeLessThan(200);
    const [row, end] = await Promise.all(
      [card(name), card(name).locator('.name > :last-child')].map((part) => part.boundingBox()),
    );
    expect(await card(name).locator('.name > :last-child').textContent()).toMatch(/-no-17\.png$/);
    expect(Number(end?.width)).toBeGreaterThan(40);
    expect(Number(end?.x) + Number(end?.width)).toBeLessThan(Number(row?.x) + Number(row?.width));
  });

  it('says that it waits for Imgwire, once all bytes have left the browser', async () => {
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 0 });
    await pick(jpeg('slow.jpg', lake));
    await card('slow.jpg').getByText('Sent, storing…').waitFor();
    expect(await percent('slow.jpg')).toBe(99);
    stall.remove();
    await stored('slow.jpg');
  });

  // What takes the browser seconds.
  if (!inject('soak')) return;

  it('moves the bar as Imgwire takes the bytes, and fills it when Imgwire has responded', async () => {
    const bytes = await imageOfSize('image/jpeg', 24 * MIB);
    const slow = { route: 'put', readBytesPerSecond: 12 * MIB, stallAfterBytes: 12 * MIB } as const;
    const stall = emulator.faults.add(slow);
    const bars = await recordBars(page);
    await page.setInputFiles('#files', await onDisk(jpeg('large.jpg', bytes)));

    const put = await emulator.waitFor(({ requests }) =>
      requests.find(({ route, bytesReceived }) => route === 'put' && bytesReceived >= 12 * MIB),
    );
    expect(put.state).toBe('open');
    // The page of a busy machine may hear of its bytes only when all have gone.
    await expect.poll(async () => (await bars()).at(-1)?.value).toBeGreaterThan(0);
    stall.remove();

    await stored('large.jpg');
    const values = await bars();
    const last = values.at(-1);
    expect(values.length).toBeGreaterThan(3);
    expect(values).toEqual(values.toSorted((a, b) => a.value - b.value));
    const whileOpen = values.filter(({ at }) => at < Number(put.endedAt)).map(({ value }) => value);
    expect(whileOpen.at(-1)).toBeGreaterThan(0);
    expect(whileOpen.at(-1)).toBeLessThan(100);
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
    await expect.poll(() => page.getByText('Waiting', { exact: true }).count()).toBe(2);
    expect(emulator.requests.filter(({ route }) => route === 'put')).toHaveLength(3);
    stall.remove();
    await Promise.all(names.map(stored));
  });

  it('shows the cards in the order of choice, bounds tall pictures, and moves nothing that is there', async () => {
    await page.getByRole('link', { name: 'the emulator' }).waitFor();
    await page.locator('#route').getByText('app.post').waitFor();
    const shifts = await recordShifts(page);
    const tall = await makeImage('image/jpeg', { width: 300, height: 1800 });
    const names = ['1.jpg', '2.jpg'];
    await pick(...names.map((name) => jpeg(name, tall)), textNamedPng);
    await Promise.all(names.map(stored));
    await card(textNamedPng.name).getByText('Failed', { exact: true }).waitFor();
    await pick(jpeg('3.jpg', tall));
    await stored('3.jpg');
    expect(await width(page.getByAltText('3.jpg, large'))).toBe(300);
    expect(await page.locator('.name').allTextContents()).toEqual([...names, textNamedPng.name, '3.jpg']);
    expect(Number((await page.getByAltText('3.jpg, large').boundingBox())?.height)).toBeLessThan(250);
    expect(await height('1.jpg')).toBeLessThan(140);
    await Promise.all([...names, '3.jpg'].map((name) => width(card(name).getByAltText(name))));
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
    await page.getByRole('link', { name: 'the emulator' }).click();
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
    expect(await width(page.getByAltText(`${name}, large`))).toBe(800);
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
