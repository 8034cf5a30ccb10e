import { spawnSync } from 'node:child_process';
import { IMGWIRE_ERROR_CODES, ImgwireError } from '@imgwire/core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser } from '../browser/browser.ts';
import { expectGoodPage, tabTo } from '../browser/page-checks.ts';
import { pages, prose, read, root } from '../docs/markdown.ts';
import { builtFiles, builtText, fileAt, serveSite } from './serve.ts';

let site: Awaited<ReturnType<typeof serveSite>>;
beforeAll(async () => {
  const built = spawnSync(process.execPath, ['--import', 'tsx', 'docs/site/build.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(built).toMatchObject({ status: 0 });
  site = await serveSite();
});
afterAll(() => site.close());

/** The heading of a file of the repository. */
const titleLine = (path: string): string => /^# .+$/m.exec(read(path))?.[0] ?? '';

/** What a built page calls its headings, and everything else with an id. */
const idsOf = (html: string): Set<string> =>
  new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id));

/** What is wrong with a link from an address of the site, if anything. */
function problemOf(from: string, target: string): string | undefined {
  const { origin, pathname, hash } = new URL(target, `http://site.example/${from}`);
  if (origin !== 'http://site.example') return undefined;
  const file = fileAt(pathname);
  if (!file) return `${from}: ${target} is not there`;
  const page = file.replace(/\.md$/, '.html');
  const id = decodeURIComponent(hash.slice(1));
  return id === '' || idsOf(builtText(page)).has(id) ? undefined : `${from}: ${target} has no such heading`;
}

const problemsIn = (from: string, links: Iterable<RegExpMatchArray>): string[] =>
  [...links].flatMap(([, target = '']) => problemOf(from, target.replaceAll('&amp;', '&')) ?? []);

describe('the built site', () => {
  it('has links and pictures that lead to a page and a heading of it, on every page', () => {
    const files = builtFiles('.html').filter((name) => name !== '404.html');
    expect(files.length).toBeGreaterThan(100);
    const problems = files.flatMap((file) =>
      problemsIn(file, builtText(file).matchAll(/\s(?:href|src)="([^"]+)"/g)),
    );
    expect(problems).toEqual([]);
    expect(problemOf('index.html', '/nothing')).toMatch(/is not there/);
    expect(problemOf('index.html', '/options#nothing')).toMatch(/has no such heading/);
  });

  it('shows the pictures of each page on that page, in both schemes', () => {
    const shown = (name: string): string[] =>
      [...builtText(name).matchAll(/<img class="only-(?:light|dark)" src="\/([^"]+)"/g)].map(
        ([, src = '']) => src,
      );
    expect(shown('benchmark.html')).toEqual(['throughput-light.svg', 'throughput-dark.svg']);
    expect(shown('architecture.html')).toEqual(['pipeline-light.svg', 'pipeline-dark.svg']);
  });

  it('has a page for each file of Markdown that is for users', () => {
    const forUsers = pages().filter((page) =>
      /^(packages\/[^/]+\/README|packages\/core\/docs\/.*|docs\/architecture|docs\/decisions\/.*|examples\/[^/]+\/README|bench\/README)\.md$/.test(
        page,
      ),
    );
    const titles = new Set(builtFiles('.md').map((name) => builtText(name).split('\n', 1)[0]));
    const missing = forUsers.filter((page) => !titles.has(titleLine(page)));
    expect(forUsers.length).toBeGreaterThan(40);
    expect(missing).toEqual([]);
  });

  it.each(IMGWIRE_ERROR_CODES)(
    'has a page about %s under the address in the type of the error',
    async (code) => {
      const response = await fetch(`${site.url}/errors/${code}`);
      expect(response.status).toBe(200);
      const html = await response.text();
      const { status, message } = new ImgwireError(code);
      expect(html).toContain(`<h1 id="${code.toLowerCase()}"`);
      expect(html).toContain(String(status));
      expect(builtText(`errors/${code}.md`)).toContain(message);
      expect((await fetch(`${site.url}/errors/${code}.html`)).status).toBe(200);
    },
  );

  it('serves each page as Markdown, with links that lead somewhere', async () => {
    const response = await fetch(`${site.url}/options.md`);
    expect(response.headers.get('content-type')).toBe('text/markdown; charset=utf-8');
    expect(await response.text()).toMatch(/^# Options\n/);
    const texts = builtFiles('.md');
    const routes = (ending: string): string[] =>
      builtFiles(ending).map((name) => name.slice(0, -ending.length));
    const html = new Set(routes('.html').filter((route) => route !== '404'));
    expect(new Set(routes('.md'))).toEqual(html);
    const problems = texts
      .filter((name) => !name.startsWith('api/'))
      .flatMap((name) => problemsIn(name, prose(builtText(name)).matchAll(/\]\(([^)\s]+)\)/g)));
    expect(problems).toEqual([]);
  });

  it('lists every page in llms.txt, and has all but the API in llms-full.txt', () => {
    const links = [...builtText('llms.txt').matchAll(/^- \[[^\]]+\]\(([^)]+)\)(?:: \S.*)?$/gm)].map(
      ([, link]) => link,
    );
    expect(new Set(links)).toEqual(new Set(builtFiles('.md').map((name) => `/${name}`)));
    const full = builtText('llms-full.txt');
    for (const name of builtFiles('.md').filter((each) => !each.startsWith('api/'))) {
      expect(full.includes(builtText(name).trim()), name).toBe(true);
    }
  });
});

describe('the site in a browser', () => {
  let browser: Browser;
  let page: Page;
  let elsewhere: string[];
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());
  beforeEach(async () => {
    elsewhere = [];
    page = await browser.newPage();
    page.on('request', (request) => {
      if (!/^(?:data:|blob:)/.test(request.url()) && !request.url().startsWith(site.url)) {
        elsewhere.push(request.url());
      }
    });
    page.on('pageerror', (error) => elsewhere.push(error.message));
  });
  afterEach(async () => {
    await page.close();
    // Nothing is asked of another host, and no script fails.
    expect(elsewhere).toEqual([]);
  });
  const open = async (path: string): Promise<void> => {
    await page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' });
  };

  it.each([
    '/',
    '/start',
    '/options',
    '/errors',
    '/errors/LIMIT_FILE_SIZE',
    '/architecture',
    '/api/',
    '/404',
  ])('%s has nothing that axe finds, and fits, light and dark, wide and narrow', async (path) => {
    await open(path);
    await expectGoodPage(page);
  });

  it('fits on a phone, every page', async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    const wide: string[] = [];
    for (const name of builtFiles('.md').filter((each) => !each.startsWith('errors/'))) {
      await page.goto(`${site.url}/${name.replace(/\.md$/, '')}`);
      const width = await page.evaluate('document.documentElement.scrollWidth');
      if (width !== 360) wide.push(`${name}: ${String(width)}`);
    }
    expect(wide).toEqual([]);
  });

  it('shows the quick start of the chosen framework, by keyboard, and remembers it', async () => {
    await open('/start');
    const panel = page.getByRole('tabpanel');
    await expect.poll(() => panel.textContent()).toContain("from '@imgwire/express'");
    const tab = await page.getByRole('tab', { name: 'Express' }).getAttribute('id');
    await tabTo(page, `#${tab}`);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => panel.textContent()).toContain("from '@imgwire/nestjs'");
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => panel.textContent()).toContain("from '@imgwire/fastify'");
    expect(await panel.textContent()).not.toContain('@imgwire/nestjs');
    await page.reload();
    await expect.poll(() => panel.textContent()).toContain("from '@imgwire/fastify'");
  });

  it('finds a code without a network, by keyboard', async () => {
    await open('/');
    await tabTo(page, 'Search');
    await page.keyboard.press('Enter');
    // The box is loaded when it is asked for.
    await page.locator('.VPLocalSearchBox input:focus').waitFor();
    await page.keyboard.type('LIMIT_FILE_SIZE');
    await page.locator('.VPLocalSearchBox .result.selected', { hasText: 'LIMIT_FILE_SIZE' }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${site.url}/errors/LIMIT_FILE_SIZE**`);
    await page.getByRole('heading', { level: 1, name: 'LIMIT_FILE_SIZE' }).waitFor();
  });

  it('opens its menu on a phone by keyboard', async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    await open('/');
    await tabTo(page, 'mobile navigation');
    await page.keyboard.press('Enter');
    const link = page.locator('.VPNavScreen').getByRole('link', { name: 'Options' });
    await link.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${site.url}/options`);
  });
});
