// Writes what VitePress builds: each page under its route, and the files that go beside them.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { IMGWIRE_ERROR_CODES } from '@imgwire/core';
import { type Composed, home, start } from './compose.ts';
import { errorPage, linkCodes } from './errors.ts';
import { type Listed, llmsText } from './llms.ts';
import { mapPage, picturesIn } from './map.ts';
import { PAGES, read, root } from './pages.ts';

const CODES = 'Codes';
const API = 'API';

interface SitePage extends Composed {
  readonly route: string;
  readonly group: string;
  readonly title: string;
}

function sitePages(api: string): SitePage[] {
  const whole = (text: string): Composed => ({ text, source: text });
  const files = PAGES.map(({ file, ...page }) => {
    const text = mapPage(file, read(file));
    return { ...page, ...whole(page.route === 'errors' ? linkCodes(text) : text) };
  });
  const codes = IMGWIRE_ERROR_CODES.map((code) => ({
    ...{ route: `errors/${code}`, group: CODES, title: code },
    ...whole(errorPage(code)),
  }));
  const modules = readdirSync(api, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    // The list of all first.
    .toSorted((a, b) => Number(b === 'index.md') - Number(a === 'index.md') || a.localeCompare(b))
    .map((name) => {
      const text = moduleText(readFileSync(join(api, name), 'utf8'));
      const title = /^# (.+)$/m.exec(text)?.[1] ?? name;
      return { route: `api/${name.replace(/\.md$/, '')}`, group: API, title, ...whole(text) };
    });
  return [
    { route: 'index', group: 'Start', title: 'Imgwire middleware for Node', ...home(mapPage) },
    { route: 'start', group: 'Start', title: 'Start', ...start(mapPage) },
    ...files,
    ...codes,
    ...modules,
  ];
}

/** TypeDoc names a module by its folder; we name it as it is imported. */
const moduleText = (text: string): string =>
  text
    .replace(
      /^# ([\w-]+)\/src(?:\/([\w-]+))?$/m,
      (_, name: string, entry?: string) => `# @imgwire/${name}${entry ? `/${entry}` : ''}`,
    )
    .replaceAll(
      /^(\s*- )\[([\w-]+)\/src(?:\/([\w-]+))?\]/gm,
      (_, mark: string, name: string, entry?: string) =>
        `${mark}[@imgwire/${name}${entry ? `/${entry}` : ''}]`,
    );

function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), `${text.trimEnd()}\n`);
}

/**
 * Writes the sources of the site.
 *
 * @param api the folder with TypeDoc's Markdown
 * @returns the pages, for {@link addTexts}
 */
export function prepare(folder: string, api: string): readonly SitePage[] {
  rmSync(folder, { recursive: true, force: true });
  const pages = sitePages(api);
  for (const { route, source } of pages) write(folder, `${route}.md`, source);
  for (const file of ['README.md', ...PAGES.map((page) => page.file)]) {
    for (const picture of picturesIn(file, read(file))) {
      cpSync(join(root, picture), join(folder, 'public', basename(picture)));
    }
  }
  const entries = pages.map(({ route, group, title }) => ({ route, group, title }));
  write(folder, 'navigation.json', JSON.stringify(entries));
  return pages;
}

/** Adds what programs read to a site that is built: the Markdown of each page, llms.txt and llms-full.txt. */
export function addTexts(served: string, pages: readonly SitePage[]): void {
  for (const { route, text } of pages) write(served, `${route}.md`, text);
  const listed = pages.map(
    ({ group, title, route, text }): Listed => ({
      ...{ group, title, text, link: `/${route}.md` },
    }),
  );
  write(served, 'llms.txt', llmsText(listed));
  const full = pages.filter(({ group }) => group !== API).map(({ text }) => text.trim());
  write(served, 'llms-full.txt', full.join('\n\n---\n\n'));
}
