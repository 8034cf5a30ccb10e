import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { type BroughtBrowser, bringBrowser } from './browser-bring.ts';

/**
 * Quiet and alike everywhere: nothing is drawn by a graphics card, and nothing is asked of the internet. Playwright adds
 * `--no-sandbox`: only our own pages are opened, and root and most containers cannot have the sandbox.
 */
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const INSTALLED = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/microsoft-edge',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

type Candidate = () => Promise<BroughtBrowser>;

/**
 * Starts a headless Chromium: the one in the environment's CHROMIUM_PATH and no other, or else the first that starts of
 * those that are installed and the one that comes with our dependencies (Linux on x64), which needs no system library.
 *
 * @throws Error that says what was tried and what to do
 */
export async function launchBrowser(): Promise<Browser> {
  const failures: string[] = [];
  for (const candidate of candidates()) {
    try {
      const { executablePath, env } = await candidate();
      return await chromium.launch({ executablePath, args: FLAGS, env: { ...process.env, ...env } });
    } catch (error) {
      // One that is installed may still not start: Ubuntu's /usr/bin/chromium-browser only says to install a snap.
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Error(
    `No Chromium starts here. Install Chromium or Chrome, or set CHROMIUM_PATH.\n${failures.join('\n')}`,
  );
}

function candidates(): Candidate[] {
  const at = (executablePath: string): Candidate => {
    return async () => ({ executablePath });
  };
  const chosen = process.env['CHROMIUM_PATH'];
  return chosen ? [at(chosen)] : [...INSTALLED.filter(existsSync).map(at), bringBrowser];
}
