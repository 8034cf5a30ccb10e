import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, onTestFinished } from 'vitest';
import type { TestFile } from '../support/images.ts';

// What is used inside the page. The whole DOM library would be there for every package.
declare const document: object;
declare class DataTransfer {
  readonly items: { add(file: File): void };
}
declare class MutationObserver {
  constructor(report: (changes: readonly { readonly target: { readonly value: number } }[]) => void);
  observe(target: object, options: object): void;
}

/** A file as Playwright wants it. */
export function picked({ name, type, bytes }: TestFile): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: type, buffer: bytes };
}

/** Opens the chooser of the focused file field with the space bar, and picks the file in it. */
export async function chooseByKeyboard(page: Page, fieldId: string, file: TestFile): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  // Playwright's request to see the chooser and a key press can overtake each other on their way to the page. A response to
  // another question shows that the request is there: otherwise the chooser opens unseen.
  expect(await page.evaluate('document.activeElement.id')).toBe(fieldId);
  await page.keyboard.press('Space');
  await (await chooser).setFiles(picked(file));
}

/** A large file on the disk until the test ends: its bytes reach the browser without a detour. */
export async function onDisk({ name, bytes }: TestFile): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'picked-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** Drops a file that the page itself makes, so that the page sees a real DataTransfer with a real File. */
export async function dropFile(page: Page, target: string, { name, type, bytes }: TestFile): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name, type, base64 }) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type }));
      return transfer;
    },
    { name, type, base64: bytes.toString('base64') },
  );
  for (const event of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent(target, event, { dataTransfer });
  }
}

/** A value of a progress bar, and when it had it, milliseconds since 1970. */
export interface BarValue {
  readonly value: number;
  readonly at: number;
}

/** Records every value of the page's progress bars from now on. Returns a function that reads them. */
export async function recordBars(page: Page): Promise<() => Promise<BarValue[]>> {
  const recorded = await page.evaluateHandle(() => {
    const values: BarValue[] = [];
    new MutationObserver((changes) => {
      for (const { target } of changes) values.push({ value: target.value, at: Date.now() });
    }).observe(document, { subtree: true, attributeFilter: ['value'] });
    return values;
  });
  return () => recorded.jsonValue();
}
