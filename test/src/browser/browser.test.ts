import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { launchBrowser } from './browser.ts';
import { bringBrowser } from './browser-bring.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the browser of the tests', () => {
  it('starts and opens a page', async () => {
    const browser = await launchBrowser();
    const page = await browser.newPage();
    await page.setContent('<h1>Hello</h1>');
    expect(
      await page.locator('h1').evaluate((heading) => heading.getBoundingClientRect().height),
    ).toBeGreaterThan(0);
    await browser.close();
  });

  it('comes with the dependencies on Linux, also when several ask for it at once', async () => {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      await expect(bringBrowser()).rejects.toThrow('Linux on x64');
      return;
    }
    const [brought] = await Promise.all([bringBrowser(), bringBrowser(), bringBrowser()]);
    const { executablePath, env } = brought;
    const browser = await chromium.launch({ executablePath, env: { ...process.env, ...env } });
    const page = await browser.newPage();
    await page.setContent('<h1>Hello</h1>');
    // Text has a width where there are fonts. A screenshot fails on a busy machine: the compositor gives up.
    expect(
      await page.locator('h1').evaluate((heading) => heading.getBoundingClientRect().height),
    ).toBeGreaterThan(0);
    await browser.close();
  });

  it('is the one of CHROMIUM_PATH, or an error that names it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'browser-'));
    const stub = join(folder, 'stub');
    await writeFile(stub, '#!/bin/sh\necho install the snap >&2\nexit 1\n');
    await chmod(stub, 0o755);
    vi.stubEnv('CHROMIUM_PATH', stub);
    await expect(launchBrowser()).rejects.toThrow(/No Chromium starts here.*install the snap/s);
    await rm(folder, { recursive: true });
  });
});
