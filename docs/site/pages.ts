import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, with a slash at the end. */
export const root: string = fileURLToPath(new URL('../../', import.meta.url));
/** The text of a file of the repository. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** A page of the site that is one file of the repository. */
export interface Page {
  /** From the root of the repository. */
  readonly file: string;
  /** Its address on the site, without a slash in front and without an ending. */
  readonly route: string;
  readonly group: string;
  readonly title: string;
}

const CORE_DOCS = 'packages/core/docs';
const GUIDES = [
  'frameworks',
  'direct',
  'lengths-and-replay',
  'duplicates',
  'forms',
  'clients',
  'testing',
  'migrating',
];
const RUNNING = ['security', 'operating', 'scaling', 'adapters'];
const REFERENCE = ['options', 'errors', 'mistakes', 'recipes'];
const PACKAGES = ['express', 'nestjs', 'fastify', 'web', 'client', 'bullmq', 'core', 'emulator'];

const inDocs = (name: string): [string, string] => [`${CORE_DOCS}/${name}.md`, name];
const namesIn = (folder: string): string[] => readdirSync(join(root, folder)).toSorted();

/** The groups of the navigation, and in each the files with their routes. */
const GROUPS: Readonly<Record<string, readonly (readonly [file: string, route: string])[]>> = {
  Packages: PACKAGES.map((name) => [`packages/${name}/README.md`, name]),
  Guides: GUIDES.map(inDocs),
  Running: RUNNING.map(inDocs),
  Reference: REFERENCE.map(inDocs),
  Examples: namesIn('examples')
    .filter((name) => existsSync(join(root, 'examples', name, 'README.md')))
    .map((name) => [`examples/${name}/README.md`, `examples/${name}`]),
  Project: [
    ['docs/architecture.md', 'architecture'],
    ['bench/README.md', 'benchmark'],
  ],
  Decisions: namesIn('docs/decisions').map((name) => [
    `docs/decisions/${name}`,
    `decisions/${name.replace(/\.md$/, '')}`,
  ]),
};

const titleOf = (file: string): string => /^# (.+)$/m.exec(read(file))?.[1] ?? file;

/** Every page that is one file, in the order of the navigation. The README is more than one: see compose.ts. */
export const PAGES: readonly Page[] = Object.entries(GROUPS).flatMap(([group, files]) =>
  files.map(([file, route]) => ({ file, route, group, title: titleOf(file) })),
);

/** The first sentence of a page, without marks: what it is about. */
export function summaryOf(text: string): string {
  // The notes on decisions begin with what a paragraph is: **Context.**
  const words = text.replaceAll(/<!--[\s\S]*?-->/g, '').replaceAll(/^\*\*\w+\.\*\* /gm, '');
  const paragraphs = words.split(/\n\s*\n/);
  const first = paragraphs.find((each) => /^[A-Z`*[]/.test(each.trim()) && !/^\[[^\]]*\]:/.test(each.trim()));
  const plain = toPlain(first ?? '');
  return /^.+?[.:](?=\s|$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain;
}

/** Markdown of one line without links and emphasis. */
export const toPlain = (text: string): string =>
  text
    .replaceAll(/\[([^\]]+)\](?:\([^)]*\)|\[[^\]]*\])/g, '$1')
    .replaceAll('**', '')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The anchor of a heading, as GitHub makes it. */
export const slugOf = (heading: string): string =>
  heading
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
