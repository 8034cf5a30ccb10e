// `npm run screenshots`: starts each example as a process of its own, uploads pictures to it in Chromium, and writes what its page
// looks like to docs/screenshots: wide and narrow, light and dark. Names of pages as arguments: only those.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { launchBrowser } from '../browser/browser.ts';
import { root } from '../docs/markdown.ts';
import { PAGES, type ShownPage } from './pages.ts';
import { landscapes } from './pictures.ts';
import { fileOf, SCHEMES, SCREENS } from './screens.ts';
import { startExample } from './start-example.ts';

const folder = join(root, 'docs/screenshots');

/** Pixels of a file for each of the page. */
const SCALE = 1.5;

/** Shows the same ports, keys and times of day each time. */
const sameText = (address: string): string => `
  for (const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); nodes.nextNode(); ) {
    const { currentNode: node } = nodes;
    node.data = node.data
      .replace('${new URL(address).host}', '127.0.0.1:3000')
      .replace(/127\\.0\\.0\\.1:(?!3000)\\d+/g, '127.0.0.1:4010')
      .replace(/\\b([cs]k)_[\\w-]+/g, '$1_of_the_emulator')
      .replace(/^\\d\\d:\\d\\d:\\d\\d$/, '12:00:00');
  }`;

/** Chromium's own fonts for code differ from machine to machine, and that of our dependencies has none. */
async function codeFont(): Promise<string> {
  const file = createRequire(import.meta.url).resolve(
    '@fontsource/jetbrains-mono/files/jetbrains-mono-latin-400-normal.woff2',
  );
  const data = `data:font/woff2;base64,${await readFile(file, 'base64')}`;
  return `@font-face { font-family: "Screenshot Mono"; src: url(${data}) }
    :root { --mono: "Screenshot Mono" } * { font-variant-ligatures: none }`;
}

async function show(browser: Browser, shown: ShownPage): Promise<void> {
  const { stop, text } = await startExample(shown.script, shown.address);
  const address = shown.address.exec(text)?.[1] ?? '';
  const context = await browser.newContext({
    deviceScaleFactor: SCALE,
    reducedMotion: 'reduce',
    // For the font: that of the emulator's page allows none but its own.
    bypassCSP: true,
    ...(shown.credentials && { httpCredentials: shown.credentials }),
  });
  try {
    const page = await context.newPage();
    // Next.js compiles what is asked for the first time.
    page.setDefaultTimeout(240_000);
    await page.goto(address);
    await shown.fill(page, await landscapes());
    await page.addStyleTag({ content: await codeFont() });
    await page.evaluate('document.fonts.ready');
    for (const [screen, viewport] of Object.entries(SCREENS)) {
      await page.setViewportSize(viewport);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(sameText(address));
        await shoot(page, fileOf(shown.name, screen, colorScheme));
      }
    }
  } finally {
    await context.close();
    await stop();
  }
}

async function shoot(page: Page, file: string): Promise<void> {
  await page.evaluate('scrollTo(0, 0)');
  await page.waitForLoadState('networkidle');
  await page.evaluate('Promise.all([...document.images].map((image) => image.decode().catch(() => {})))');
  const png = await page.screenshot();
  await writeFile(join(folder, file), await sharp(png).webp({ quality: 80, effort: 6 }).toBuffer());
  console.info(`docs/screenshots/${file}`);
}

const names = process.argv.slice(2);
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
try {
  for (const shown of PAGES) {
    if (names.length === 0 || names.includes(shown.name)) await show(browser, shown);
  }
} finally {
  await browser.close();
}
