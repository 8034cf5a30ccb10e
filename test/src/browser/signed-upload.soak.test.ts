import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createSignedUpload } from '@imgwire/example-signed-upload';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { commented } from '../client/commented.ts';
import { image, imageOfSize, makeImage, svg, type TestFile, textNamedPng } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { launchBrowser } from './browser.ts';
import { chooseByKeyboard, dropFile, onDisk, picked, recordBars } from './browser-files.ts';
import { expectGoodPage, findWithAxe, recordShifts } from './page-checks.ts';
import { logIn } from './signed-upload-page.ts';

const MIB = 1024 * 1024;
const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });
const pdfNamedPng: TestFile = { name: 'bill.png', type: 'image/png', bytes: Buffer.from('%PDF-1.7\n') };

describe('the page of the signed-upload example, in Chromium', () => {
  let browser: Browser;
  let emulator: Emulator;
  let server: Server;
  let address: string;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    emulator = await startEmulator({ allowUnsignedUpload: false });
    const { url: baseUrl, apiKey, clientKey } = emulator;
    server = createServer(createSignedUpload({ apiKey, baseUrl }, { apiKey: clientKey, baseUrl }));
    address = await listen(server);
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    server.close();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    page = await (await browser.newContext()).newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
  });
  afterEach(() => page.context().close());

  const pick = (...files: TestFile[]): Promise<void> => page.setInputFiles('#files', files.map(picked));
  const names = (): string[] => emulator.images.list().map(({ original_filename: name }) => name);
  const card = (name: string): Locator => page.locator('#uploads > li').filter({ hasText: name });
  const stored = (name: string): Promise<void> => card(name).getByText('Stored', { exact: true }).waitFor();
  const width = async (name: string): Promise<number> => {
    const picture = card(name).getByAltText(name);
    await picture.evaluate((img: { decode(): Promise<void> }) => img.decode());
    return await picture.evaluate((img: { naturalWidth: number }) => img.naturalWidth);
  };
  const underRules = (): Promise<void> => page.getByLabel("under the server's rules").check();
  const said = async (name: string, state: 'Stored' | 'Failed'): Promise<string | null> => {
    await card(name).getByText(state, { exact: true }).waitFor();
    return card(name).locator('.said').textContent();
  };
  const routes = (): string[] =>
    emulator.requests.map(({ route }) => route).filter((route) => route !== 'preflight' && route !== 'cdn');

  it('uploads what is picked and what is dropped, each with a token of its own, and shows it', async () => {
    const photo = await makeImage('image/jpeg', { width: 1200, height: 900 });
    await logIn(page);
    await expect.poll(() => page.locator('#logout').textContent()).toContain('Logged in as demo');
    await pick(jpeg('picked.jpg', photo));
    await stored('picked.jpg');
    await dropFile(page, '.drop-zone', jpeg('dropped.jpg', photo));
    await stored('dropped.jpg');

    expect(await width('picked.jpg')).toBe(640);
    expect(await width('dropped.jpg')).toBe(640);
    const records = emulator.images.list();
    expect(records.map(({ original_filename: name, size_bytes: size }) => [name, size])).toEqual([
      ['picked.jpg', photo.length],
      ['dropped.jpg', photo.length],
    ]);
    expect(new Set(records.map(({ upload_token_id: token }) => token)).size).toBe(2);
    expect(records.map(({ upload_token_id: token }) => token)).not.toContain(null);
    expect(routes()).toEqual(Array(2).fill(['token', 'create', 'put', 'retrieve']).flat());
    expect(complaints).toEqual([]);
  });

  it.each([
    [
      'a text that is named .png, once Imgwire has its bytes',
      textNamedPng,
      /^The file is not an image, whatever its name says/,
    ],
    [
      'a type that Imgwire does not take, before a byte is sent',
      svg,
      /^Imgwire does not take files of this type. It takes JPEG, PNG/,
    ],
    ['an empty file, for which no token is asked', { ...svg, bytes: Buffer.of() }, /^The file is empty/],
  ])('says why it cannot show %s', async (_, file, reason) => {
    await logIn(page);
    await pick(file);
    await card(file.name).getByText('Failed', { exact: true }).waitFor();
    expect(await card(file.name).locator('.problem').textContent()).toMatch(reason);
    expect(await page.getByRole('status').textContent()).toContain(`${file.name}: Failed`);
    expect(await card(file.name).locator('img:visible').count()).toBe(0);
    expect(emulator.images.list().filter(({ status }) => status === 'READY')).toEqual([]);
  });

  it('lets nobody choose files who is logged out, and says why', async () => {
    await page.getByText('You are logged out. Log in to upload.').waitFor();
    expect(await page.locator('#files').isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Use a sample picture' }).isDisabled()).toBe(true);
    await dropFile(page, '.drop-zone', jpeg('stranger.jpg', await image('image/jpeg')));
    expect(await page.locator('#uploads > li').count()).toBe(0);
    await logIn(page);
    await page.getByText('or drop them here').waitFor();
    expect(await page.locator('#files').isEnabled()).toBe(true);
    expect(emulator.requests).toEqual([]);
  });

  it('keeps the name after a wrong password, and puts the focus on the password', async () => {
    await logIn(page, 'wrong');
    expect(await page.getByLabel('User').inputValue()).toBe('demo');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    expect(await page.evaluate('document.activeElement.name')).toBe('password');
    await page.keyboard.type('imgwire');
    await page.keyboard.press('Enter');
    await page.getByText('Logged in as').waitFor();
    expect(await page.getByText('That is not the user').isVisible()).toBe(false);
  });

  it.each([
    ['a token', 'with an upload token', 'You are logged out. Log in to upload.'],
    ['the rules', "under the server's rules", 'Sign in before uploading.'],
  ])('shows the login again when the session has ended in another tab, with %s', async (_, road, problem) => {
    await logIn(page);
    await page.getByLabel(road).check();
    const tab = await page.context().newPage();
    await tab.goto(address);
    await tab.getByRole('button', { name: 'Log out' }).click();
    await tab.getByLabel('Password').waitFor();
    await pick(jpeg('late.jpg', await image('image/jpeg')));
    await card('late.jpg').getByText(problem).waitFor();
    expect(emulator.requests).toEqual([]);
    await logIn(page);
    await page.getByRole('button', { name: 'Try late.jpg again' }).click();
    await stored('late.jpg');
  });

  it('uploads the sample picture, and shows the steps of the upload and the code of its route', async () => {
    await logIn(page);
    const code = page.locator('#code');
    await code.getByText('const uploadToken = imgwireUploadToken(').waitFor();
    await underRules();
    await code.getByText('const directUpload = imgwireDirectUpload(').waitFor();
    await page.getByRole('button', { name: 'Use a sample picture' }).click();
    await stored('lake.jpg');
    const steps = page.getByRole('list', { name: 'Steps of the last upload' }).getByRole('listitem');
    const shown = await steps.allTextContents();
    expect(shown).toEqual(Array(3).fill(expect.stringMatching(/[\d.,]+ ms$/)));
    expect(shown.at(-1)).toMatch(/^Judged by the server/);
    expect(names()).toEqual(['lake.jpg']);
  });

  it('deletes an image of the user, and none of another', async () => {
    await logIn(page);
    await pick(jpeg('token.jpg', await image('image/jpeg')));
    await stored('token.jpg');
    expect(
      await card('token.jpg')
        .getByRole('button', { name: /^Delete/ })
        .count(),
    ).toBe(0);
    const [other] = emulator.images.list();
    const rejected = await page.evaluate(
      async (id) => (await fetch(`api/photos/${id}`, { method: 'DELETE' })).status,
      other?.id,
    );
    expect(rejected).toBe(404);

    await underRules();
    await pick(jpeg('mine.jpg', await image('image/jpeg')));
    await stored('mine.jpg');
    const { id } = emulator.images.list().find(({ original_filename: name }) => name === 'mine.jpg') ?? {};
    expect((await fetch(`${address}/api/photos/${id}`, { method: 'DELETE' })).status).toBe(401);
    await page.getByRole('button', { name: 'Delete mine.jpg' }).click();
    await card('mine.jpg').waitFor({ state: 'detached' });
    expect(names()).toEqual(['token.jpg']);
  });

  it('holds images to the rules of the server, and shows what it said of each', async () => {
    await logIn(page);
    await underRules();
    const large = await imageOfSize('image/jpeg', 6 * MIB);
    await pick(jpeg('photo.jpg', await image('image/jpeg')), pdfNamedPng);
    await page.setInputFiles('#files', await onDisk(jpeg('large.jpg', large)));
    expect(await said('photo.jpg', 'Stored')).toMatch(/^200, photo \d+$/);
    expect(await said(pdfNamedPng.name, 'Failed')).toBe('415 UNSUPPORTED_IMAGE_TYPE');
    expect(await said('large.jpg', 'Failed')).toBe('413 LIMIT_FILE_SIZE');
    expect(await card('large.jpg').locator('.problem').textContent()).toMatch(/larger than .*5 MiB/);
    await expect.poll(() => card('photo.jpg').locator('img:visible').count()).toBe(1);
    expect(routes()).toEqual(['create', 'put', 'retrieve']);
    expect(emulator.images.list()).toMatchObject([{ original_filename: 'photo.jpg', status: 'READY' }]);
  });

  // What takes the browser seconds.
  if (!inject('soak')) return;

  it('rejects a picture with too many pixels, and leaves nothing of one whose pixels are known late', async () => {
    await logIn(page);
    await underRules();
    const large = await makeImage('image/jpeg', { width: 5000, height: 4000 });
    await pick(jpeg('early.jpg', large), jpeg('late.jpg', commented(large)));
    for (const name of ['early.jpg', 'late.jpg']) {
      expect(await said(name, 'Failed')).toBe('413 TOO_MANY_PIXELS');
      expect(await card(name).locator('.problem').textContent()).toMatch(/5000 × 4000/);
    }
    expect(routes()).toEqual(['create', 'put', 'retrieve', 'delete']);
    expect(emulator.images.list()).toEqual([]);
  });

  it('says that it waits for the server, once all bytes have left under its rules', async () => {
    await logIn(page);
    await underRules();
    const stall = emulator.faults.add({ route: 'retrieve', stallAfterBytes: 0 });
    const bars = await recordBars(page);
    await pick(jpeg('photo.jpg', await imageOfSize('image/jpeg', 4 * MIB)));
    await card('photo.jpg').getByText('Sent, storing…', { exact: true }).waitFor();
    expect((await bars()).at(-1)?.value).toBe(99);
    stall.remove();
    await stored('photo.jpg');
    const values = (await bars()).map(({ value }) => value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  it('cannot use a token twice', async () => {
    await logIn(page);
    const asked = page.waitForRequest(/upload_token=/);
    await pick(jpeg('first.jpg', await image('image/jpeg')));
    await stored('first.jpg');
    const rejection = await page.evaluate(
      async ([url, authorization]) => {
        const headers = { authorization, 'content-type': 'application/json' };
        const response = await fetch(url, { method: 'POST', headers, body: '{"file_name":"second.jpg"}' });
        return [response.status, ((await response.json()) as { error_type: string }).error_type];
      },
      [(await asked).url(), `Bearer ${emulator.clientKey}`] as const,
    );
    expect(rejection).toEqual([401, 'InvalidTokenError']);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('moves the bar while the bytes go to Imgwire', async () => {
    const bytes = await imageOfSize('image/jpeg', 24 * MIB);
    const slow = { route: 'put', readBytesPerSecond: 16 * MIB, stallAfterBytes: 12 * MIB } as const;
    const stall = emulator.faults.add(slow);
    await logIn(page);
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
    const recorded = await bars();
    const whileOpen = recorded.filter(({ at }) => at < Number(put.endedAt)).map(({ value }) => value);
    expect(whileOpen.at(-1)).toBeGreaterThan(0);
    expect(whileOpen.at(-1)).toBeLessThan(100);
    const values = recorded.map(({ value }) => value);
    expect(values.length).toBeGreaterThan(3);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values.filter((value) => value === 100)).toEqual([values.at(-1)]);
  });

  it('shows the cards in the order of choice, bounds tall pictures, and moves nothing that is there', async () => {
    await logIn(page);
    // They come after the page, and move what is below them.
    await page.locator('#code').getByText('const uploadToken').waitFor();
    await page.locator('#service').getByText(emulator.url).waitFor();
    const shifts = await recordShifts(page);
    // The form of the session has come after the page.
    const before = await shifts();
    const tall = await makeImage('image/jpeg', { width: 300, height: 1800 });
    await pick(jpeg('1.jpg', tall), textNamedPng, jpeg('2.jpg', tall));
    await Promise.all(['1.jpg', '2.jpg'].map(stored));
    await card(textNamedPng.name).getByText('Failed', { exact: true }).waitFor();
    expect(await Promise.all(['1.jpg', '2.jpg'].map(width))).toEqual([107, 107]);
    expect(await page.locator('.name').allTextContents()).toEqual(['1.jpg', textNamedPng.name, '2.jpg']);
    const place = await card('1.jpg').getByAltText('1.jpg').boundingBox();
    expect(place?.height).toBeLessThan(250);
    expect(await shifts()).toBe(before);
  });

  it('has no finding of axe and fits a narrow screen', async () => {
    await logIn(page, 'wrong');
    expect(await findWithAxe(page)).toEqual([]);
    await logIn(page);
    await pick(jpeg('stored.jpg', await image('image/jpeg')), textNamedPng);
    await stored('stored.jpg');
    await card(textNamedPng.name).getByText('Failed', { exact: true }).waitFor();
    await underRules();
    await pick(jpeg('photo.jpg', await image('image/jpeg')), pdfNamedPng);
    await stored('photo.jpg');
    await said(pdfNamedPng.name, 'Failed');
    await expectGoodPage(page);
  });

  it('is used with the keyboard alone, and fits a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    // A hidden field takes no focus: the form is shown once the session is known.
    await page.getByLabel('User').waitFor();
    await page.getByLabel('User').focus();
    await page.keyboard.type('demo');
    await page.keyboard.press('Tab');
    await page.keyboard.type('imgwire');
    await page.keyboard.press('Enter');
    await page.getByText('Logged in as').waitFor();
    await page.getByRole('button', { name: 'Log out' }).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    expect(await page.getByLabel("under the server's rules").isChecked()).toBe(true);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Tab');
    const name = `${'a-very-long-name-'.repeat(8)}.jpg`;
    const photo = await makeImage('image/jpeg', { width: 1200, height: 900 });
    await chooseByKeyboard(page, 'files', jpeg(name, photo));
    await stored(name);
    expect(await width(name)).toBe(640);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });
});
