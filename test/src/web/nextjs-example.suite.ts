import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire } from '@imgwire/web';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { chooseByKeyboard, onDisk, picked } from '../browser/browser-files.ts';
import { expectGoodPage, findWithAxe } from '../browser/page-checks.ts';
import { run } from '../nest/nest-project.ts';
import { imageOfSize, makeImage, type TestFile, textNamedPng } from '../support/images.ts';

const MIB = 1024 * 1024;
const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = `${root}/examples/nextjs`;

/** The example, as `npm run example:nextjs` starts it. */
interface Example {
  readonly address: string;
  /** Who stores the images. */
  readonly service: string;
  stop(): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

const startExample = (service: Environment = {}): Promise<Example> =>
  start(['--import', 'tsx', 'examples/nextjs/start.ts'], service);

/** What `next build` has made. */
const startBuilt = (service: Environment): Promise<Example> =>
  start([`${folder}/node_modules/next/dist/bin/next`, 'start', folder], service);

async function start(args: readonly string[], service: Environment): Promise<Example> {
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { PATH, HOME, NO_COLOR: '1', PORT: '0', NEXT_TELEMETRY_DISABLED: '1', ...service },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = await printed(child.stdout);
  return {
    address: /Local: +(http\S+)/.exec(text)?.[1] ?? '',
    service: /stored by (.+)\. Open/.exec(text)?.[1] ?? '',
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
}

/** What it prints until it is ready. The rest is read too, so that it never waits for a reader. */
function printed(stdout: Readable): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    stdout.on('data', (chunk) => {
      text += chunk;
      if (/Ready in .*\n/.test(text)) resolve(text);
    });
    stdout.on('end', () => reject(new Error(`The example ended:\n${text}`)));
  });
}

describe('the Next.js example, in Chromium', () => {
  let browser: Browser;
  let emulator: Emulator;
  let example: Example;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    emulator = await startEmulator();
    example = await startExample({
      IMGWIRE_API_KEY: emulator.apiKey,
      IMGWIRE_API_BASE_URL: emulator.url,
    });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await example.stop();
    await emulator.close();
  });
  beforeEach(async () => {
    await emulator.reset();
    page = await (await browser.newContext()).newPage();
    complaints = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    // Next.js compiles what is asked for the first time.
    page.setDefaultTimeout(240_000);
    await page.goto(example.address);
    // Before React has put its properties on it, nobody hears what the field is given.
    await page.waitForFunction('Object.keys(document.querySelector("#files")).length > 0');
  });
  afterEach(() => page.context().close());

  const WAYS = ['through this app', 'straight to Imgwire'] as const;
  const jpeg = (name: string, bytes: Buffer): TestFile => ({ name, type: 'image/jpeg', bytes });
  const signIn = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
  };
  const pick = (...files: TestFile[]): Promise<void> => page.setInputFiles('#files', files.map(picked));
  const item = (list: string, name: string): Locator =>
    page.getByRole('list', { name: list }).getByRole('listitem').filter({ hasText: name });
  const widthOf = async (name: string): Promise<number> => {
    const picture = item('Images', name).getByAltText(name);
    await picture.waitFor();
    await picture.evaluate((img: { decode(): Promise<void> }) => img.decode());
    return await picture.evaluate((img: { naturalWidth: number }) => img.naturalWidth);
  };
  /** What is sent besides what shows the page. */
  const routes = (): string[] =>
    emulator.requests
      .map(({ route }) => route)
      .filter((route) => !['preflight', 'cdn', 'list'].includes(route));

  it.each([
    ['through this app', ['create', 'put']],
    ['straight to Imgwire', ['create', 'put']],
  ])('uploads %s, shows the image at the size of the page, and deletes it', async (way, calls) => {
    const photo = await makeImage('image/jpeg', { width: 3000, height: 2000 });
    await signIn();
    await page.getByLabel(way).check();
    const before = routes().length;
    await pick(jpeg('lake.jpg', photo));
    expect(await widthOf('lake.jpg')).toBeLessThan(1000);
    expect(await page.getByRole('status').textContent()).toBe('lake.jpg is stored.');
    expect(routes().slice(before, before + calls.length)).toEqual(calls);
    expect(emulator.images.list()).toMatchObject([
      { original_filename: 'lake.jpg', size_bytes: photo.length },
    ]);

    await page.getByRole('button', { name: 'Delete lake.jpg' }).click();
    await page.getByText('There are no images yet.').waitFor();
    expect(emulator.images.list()).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it.each(WAYS)('moves the bar while the bytes go %s', async (way) => {
    const bytes = await imageOfSize('image/jpeg', 24 * MIB);
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 4 * MIB });
    await signIn();
    await page.getByLabel(way).check();
    await page.setInputFiles('#files', await onDisk(jpeg('large.jpg', bytes)));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived >= 4 * MIB),
    );
    const sent = (): Promise<number> =>
      page.getByLabel('Upload of large.jpg').evaluate((bar: { value: number }) => bar.value);
    await expect.poll(sent).toBeGreaterThan(0.1);
    expect(await sent()).toBeLessThan(1);
    stall.remove();
    await item('Images', 'large.jpg').waitFor();
  });

  it.each(WAYS)('says why a text that is named .png is rejected %s', async (way) => {
    await signIn();
    await page.getByLabel(way).check();
    await pick(textNamedPng);
    const problem = item('Uploads', textNamedPng.name).locator('.problem');
    await problem.waitFor();
    expect(await problem.textContent()).toMatch(/not an image of an accepted type/);
    expect(await page.getByRole('status').textContent()).toContain(`${textNamedPng.name} failed`);
  });

  it('lets nobody choose files who is signed out, and says why', async () => {
    await page.getByText('You are signed out. Sign in to upload.').waitFor();
    expect(await page.locator('#files').isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'Use a sample picture' }).isDisabled()).toBe(true);
    await signIn();
    expect(await page.locator('#files').isEnabled()).toBe(true);
  });

  it.each(WAYS)('takes nothing %s from one whose session has ended, and tries again later', async (way) => {
    await signIn();
    await page.getByLabel(way).check();
    const cookies = await page.context().cookies();
    await page.context().clearCookies();
    const before = routes().length;
    await pick(jpeg('stranger.jpg', await makeImage('image/jpeg', { width: 40, height: 30 })));
    await item('Uploads', 'stranger.jpg').getByText('Sign in before uploading.').waitFor();
    expect(routes()).toHaveLength(before);
    await page.context().addCookies(cookies);
    await page.getByRole('button', { name: 'Try again' }).click();
    await item('Images', 'stranger.jpg').waitFor();
  });

  it.each([
    ['through this app', 5, /^Stored[\d.,]+ ms$/],
    ['straight to Imgwire', 3, /^Judged by the server[\d.,]+ ms$/],
  ])(
    'uploads the sample picture %s, and shows the steps and the code of the route',
    async (way, count, last) => {
      await signIn();
      await page.getByLabel(way).check();
      await page.getByRole('button', { name: 'Use a sample picture' }).click();
      await item('Images', 'lake.jpg').waitFor();
      const steps = page.getByRole('list', { name: 'Steps of the last upload' }).getByRole('listitem');
      await expect.poll(() => steps.count()).toBe(count);
      expect((await steps.allTextContents()).at(-1)).toMatch(last);
      expect(await page.locator('pre').textContent()).toBe(
        await readFile(`${folder}/app/images/route.ts`, 'utf8'),
      );
    },
  );

  it('has no finding of axe and fits a narrow screen, with an image and an error', async () => {
    expect(await findWithAxe(page)).toEqual([]);
    await signIn();
    await pick(textNamedPng, jpeg('lake.jpg', await makeImage('image/jpeg', { width: 1200, height: 900 })));
    await item('Images', 'lake.jpg').waitFor();
    await item('Uploads', textNamedPng.name).locator('.problem').waitFor();
    await expectGoodPage(page);
  });

  it('says that an image cannot be deleted, to a stranger and when Imgwire fails', async () => {
    await signIn();
    await pick(jpeg('kept.jpg', await makeImage('image/jpeg', { width: 40, height: 30 })));
    const card = item('Images', 'kept.jpg');
    await card.waitFor();
    emulator.faults.add({ route: 'delete', status: 500, times: 3 });
    await card.getByRole('button').click();
    await card.getByRole('alert').waitFor();
    await page.context().clearCookies();
    await card.getByRole('button').click();
    await card.getByRole('alert').getByText('Sign in').waitFor();
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('is used with the keyboard alone, and fits a narrow screen', async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    const name = `${'a-very-long-name-'.repeat(8)}.jpg`;
    await page.getByRole('button', { name: 'Sign in' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.getByLabel('straight to Imgwire').isChecked()).toBe(true);
    await page.keyboard.press('Tab');
    await chooseByKeyboard(
      page,
      'files',
      jpeg(name, await makeImage('image/jpeg', { width: 1200, height: 900 })),
    );
    expect(await widthOf(name)).toBeGreaterThan(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await page.getByRole('button', { name: `Delete ${name}` }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('There are no images yet.').waitFor();
  });
});

describe('the Next.js example', () => {
  it('starts an emulator where there is no key', async () => {
    const example = await startExample();
    onTestFinished(example.stop);
    expect(example.service).toMatch(/^the emulator at http/);
    expect(await (await fetch(example.address)).text()).toContain('There are no images yet.');
  });

  it('builds where there is no key, has the types that Next.js checks, and shows what is uploaded later', async () => {
    expect(await run(folder, `${folder}/node_modules/.bin/next`, 'build')).toContain('/images');
    const emulator = await startEmulator();
    onTestFinished(() => emulator.close());
    const { apiKey, url: baseUrl } = emulator;
    const example = await startBuilt({ IMGWIRE_API_KEY: apiKey, IMGWIRE_API_BASE_URL: baseUrl });
    onTestFinished(example.stop);
    const page = async (): Promise<string> => (await fetch(example.address)).text();
    expect(await page()).toContain('There are no images yet.');
    const imgwire = createImgwire({ apiKey, baseUrl });
    onTestFinished(() => imgwire.close());
    const file = await makeImage('image/png', { width: 40, height: 30 });
    await imgwire.upload({ file, fileName: 'later.png' });
    expect(await page()).toContain('later.png');
  });
});
