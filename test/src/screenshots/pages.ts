import type { Page } from 'playwright-core';
import { picked } from '../browser/browser-files.ts';
import { logIn } from '../browser/signed-upload-page.ts';
import { type TestFile, textNamedPng } from '../support/images.ts';
import type { SHOWN_PAGES } from './screens.ts';

/** A page that is shown: how it is started, where it is, and how it gets what it shows. */
export interface ShownPage {
  readonly name: (typeof SHOWN_PAGES)[number];
  /** The script of the root's package.json. */
  readonly script: string;
  /** What the script prints when it is ready, with the address of the page. */
  readonly address: RegExp;
  readonly credentials?: { readonly username: string; readonly password: string };
  fill(page: Page, pictures: readonly TestFile[]): Promise<void>;
}

/** One after the other, so that they are in the same order each time. */
async function pickEach(page: Page, files: readonly TestFile[], isShown: (file: TestFile) => Promise<void>) {
  for (const file of files) {
    await page.setInputFiles('#files', picked(file));
    await isShown(file);
    await page.waitForFunction('[...document.images].every((image) => image.complete)');
  }
}

/** In a list of uploads, with one that fails. */
async function pickInRows(page: Page, pictures: readonly TestFile[]): Promise<void> {
  const files = [pictures[0], textNamedPng, ...pictures.slice(1)].filter((file) => file !== undefined);
  await pickEach(page, files, ({ name }) =>
    page
      .locator('#uploads > li')
      .filter({ hasText: name })
      .getByText(/^(Stored|Failed)$/)
      .waitFor(),
  );
}

const isPicture = (page: Page) => (file: TestFile) => page.getByRole('img', { name: file.name }).waitFor();

export const PAGES: readonly ShownPage[] = [
  {
    name: 'demo',
    script: 'demo',
    address: /demo at (http\S+)\n/,
    fill: pickInRows,
  },
  {
    // Of the emulator that the demo has started, and with what the demo has stored there.
    name: 'emulator',
    script: 'demo',
    address: /demo at (http\S+)\n/,
    fill: async (page, pictures) => {
      await pickInRows(page, pictures);
      await page.getByRole('link', { name: 'the emulator' }).click();
      await page.getByRole('heading', { name: 'Imgwire emulator' }).waitFor();
      await page
        .getByText(pictures[0]?.name ?? '')
        .first()
        .waitFor();
    },
  },
  {
    name: 'signed-upload',
    script: 'example:signed-upload',
    address: /Signed uploads at (http:\/\/[^\s:]+:\d+)/,
    fill: async (page, pictures) => {
      await logIn(page);
      await page.getByLabel("under the server's rules").check();
      await pickInRows(page, pictures);
    },
  },
  {
    name: 'nextjs',
    script: 'example:nextjs',
    address: /Local: +(http\S+)[\s\S]*Ready in/,
    fill: async (page, pictures) => {
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await pickEach(page, pictures, isPicture(page));
    },
  },
  {
    name: 'hono',
    script: 'example:hono',
    address: /gallery is at (http:\/\/[^\s:]+:\d+)/,
    credentials: { username: 'demo', password: 'imgwire' },
    fill: async (page, pictures) => {
      for (const file of pictures) {
        await page.setInputFiles('#images', picked(file));
        await page.getByRole('button', { name: 'Upload', exact: true }).click();
        await page.getByRole('img', { name: file.name }).waitFor();
      }
    },
  },
  {
    name: 'nestjs',
    script: 'example:nestjs',
    address: /Swagger UI at (\S+)/,
    fill: async (page) => {
      await page.locator('.opblock').first().waitFor();
    },
  },
];
