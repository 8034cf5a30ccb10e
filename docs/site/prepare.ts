// Writes what VitePress builds: each page under its route, and the files that go beside them.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { IMGWIRE_ERROR_CODES } from '@imgwire/core';
import { type Composed, home, start } from './compose.ts';
import { errorPage, linkCodes } from './errors.ts';
import { type Listed, llmsText } from './llms.ts';
import { mapPage, PICTURES } from './map.ts';
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
    .toSorted()
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
    .replace(/^# ([\w-]+)\/src(?:\/([\w-]+))?$/m, (_, name: string, entry?: string) => `# @imgwire/${name}${entry ? `/${entry}` : ''}`)
    .replaceAll(/^(\s*- )\[([\w-]+)\/src(?:\/([\w-]+))?\]/gm, (_, mark: string, name: string, entry?: string) => `${mark}[@imgwire/${name}${entry ? `/${entry}` : ''}]`);

function write(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), `${text.trimEnd()}\n`);
}

/**
 * Writes the sources of the site, and what is served as it is: pictures, the Markdown of each page, llms.txt and llms-full.txt.
 *
 * @param api the folder with TypeDoc's Markdown
 */
export function prepare(folder: string, api: string): void {
  rmSync(folder, { recursive: true, force: true });
  const pages = sitePages(api);
  const served = join(folder, 'public');
  for (const { route, text, source } of pages) {
    write(folder, `${route}.md`, source);
    write(served, `${route}.md`, text);
  }
  for (const picture of PICTURES) cpSync(join(root, picture), join(served, basename(picture)));
  const listed = pages.map(({ group, title, route, text }): Listed => ({
    ...{ group, title, text, link: `/${route}.md` },
  }));
  write(served, 'llms.txt', llmsText(listed));
  const full = pages.filter(({ group }) => group !== API).map(({ text }) => text.trim());
  write(served, 'llms-full.txt', full.join('\n\n---\n\n'));
  write(folder, 'navigation.json', JSON.stringify(pages.map(({ route, group, title }) => ({ route, group, title }))));
}
