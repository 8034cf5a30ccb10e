// Makes a page of the site of a page of the repository: the same text, with links that work there.
import { existsSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { routeInReadme } from './compose.ts';
import { PAGES, read, root } from './pages.ts';

const ROUTES = new Map(PAGES.map(({ file, route }) => [file, route]));
/** A picture in both schemes, as GitHub shows it. */
const PICTURE =
  /<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*<img alt="([^"]*)" src="([^"]+)">\s*<\/picture>/g;

const { repository } = JSON.parse(read('package.json')) as { repository?: string | { url: string } };
/** Where the sources can be read, without a slash at the end; undefined while the root's package.json does not say it. */
const sources = (typeof repository === 'object' ? repository.url : repository)
  ?.replace(/^git\+/, '')
  .replace(/\.git$/, '');

/** Maps the text of a file: links, pictures and diagrams, and no comments. */
export function mapPage(file: string, text: string): string {
  return outside(text, (words) =>
    words
      .replaceAll(/^<!--[\s\S]*?-->\n?/gm, '')
      .replaceAll(PICTURE, (_, dark: string, alt: string, light: string) => {
        const image = (scheme: string, source: string): string =>
          `<img class="only-${scheme}" src="/${basename(source)}" alt="${alt}">`;
        // The scheme of the site is not always that of the system: so both are there, and the style shows one.
        return image('light', light) + image('dark', dark);
      })
      .replaceAll(/(!?)\[([^[\]]*(?:\[[^\]]*\])?[^[\]]*)\]\(([^)\s]+)\)/g, (_, mark, label, target) =>
        link(file, mark, label, target),
      ),
  ).replaceAll(/^```mermaid\nflowchart TD\n([\s\S]*?)\n```$/gm, (_, arrows) => arrowTable(arrows));
}

/** Applies a function to what is not in a block of code. */
function outside(text: string, change: (words: string) => string): string {
  return text
    .split(/(^`{3,}[^\n]*\n[\s\S]*?^`{3,}$)/m)
    .map((part, at) => (at % 2 === 0 ? change(part) : part))
    .join('');
}

/** The files of the pictures in the text of a file. */
export const picturesIn = (file: string, text: string): string[] =>
  [...text.matchAll(PICTURE)].flatMap(([, dark = '', , light = '']) =>
    [light, dark].map((source) => normalize(join(dirname(file), source))),
  );

function link(file: string, mark: string, label: string, target: string): string {
  if (/^[a-z]+:/.test(target)) return `${mark}[${label}](${target})`;
  const [path = '', anchor] = target.split('#');
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const found = path === '' ? file : normalize(join(dirname(file), path)).replace(/\/$/, '');
  const route = routeOf(found, anchor);
  if (route !== undefined) return `${mark}[${label}](/${route}.md${hash})`;
  // A file of the repository that is no page.
  return sources === undefined ? label : `${mark}[${label}](${sources}/blob/main/${found}${hash})`;
}

/** The route of a file, or of a folder with a README. */
function routeOf(found: string, anchor: string | undefined): string | undefined {
  if (found === 'README.md') return routeInReadme(anchor);
  if (found === 'docs/decisions') return 'architecture';
  const readme = `${found}/README.md`;
  return ROUTES.get(found) ?? (existsSync(join(root, readme)) ? ROUTES.get(readme) : undefined);
}

/** The arrows of a diagram, as a table: what each points at. */
function arrowTable(arrows: string): string {
  const targets = new Map<string, string[]>();
  for (const [, from = '', to = ''] of arrows.matchAll(/^\s*(\S+) --> (\S+)$/gm)) {
    targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const rows = [...targets].map(
    ([from, to]) => `| \`${from}\` | ${to.map((name) => `\`${name}\``).join(', ')} |`,
  );
  return ['| layer | imports from |', '| --- | --- |', ...rows].join('\n');
}
