import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { codeBlocks, prose, read, root } from './markdown.ts';

/** The anchors that GitHub gives the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = prose(read(page)).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, text = '']) =>
      text
        .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(' ', '-'),
    ),
  );
}

/** What a link from the page points at, from the root of the repository; undefined for one that leads outside. */
function checkTarget(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : normalize(join(dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return 'is not there';
  if (anchor !== undefined && !anchorsOf(file).has(anchor)) return 'has no such heading';
  return undefined;
}

const TARGETS = [/\]\(([^)\s]+)\)/g, /(?:src|srcset|href)="([^"]+)"/g];

/** The links and pictures of a page that do not lead to another host. */
export function linksOf(page: string): string[] {
  const text = prose(page);
  const targets = TARGETS.flatMap((pattern) => [...text.matchAll(pattern)].map(([, target = '']) => target));
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** Answers the links and pictures of a page that lead nowhere within the repository: `page: target`. */
export function checkLinks(page: string): string[] {
  return linksOf(read(page)).flatMap((target) => {
    const problem = checkTarget(page, target);
    return problem ? [`${page}: ${target} ${problem}`] : [];
  });
}

const SOURCE_FOLDERS = ['packages', 'examples', 'test', 'bench', 'docs'];

let names: Set<string> | undefined;
/** The names of all files of the repository, without their folders. */
function fileNames(): Set<string> {
  names ??= new Set(
    SOURCE_FOLDERS.filter((folder) => existsSync(join(root, folder))).flatMap((folder) =>
      namesIn(join(root, folder)),
    ),
  );
  return names;
}

const namesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist'].includes(entry.name)) return [];
    return entry.isDirectory() ? namesIn(join(folder, entry.name)) : [entry.name];
  });

const IS_PATH = /^\.?(?:packages|examples|test|bench|docs|ci|src|page)\/[\w./*-]+$/;
const IS_SOURCE = /^[\w.-]+\.(?:ts|mjs|cjs)$/;

/** Answers the paths and file names in backticks on a page that are not in the repository: `page: path`. */
export function checkPaths(page: string): string[] {
  const text = prose(read(page));
  const saved = new Set(codeBlocks(page).map(({ fileName }) => fileName));
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);
  const missing = quoted.filter((code) => {
    if (saved.has(code)) return false;
    if (IS_SOURCE.test(code)) return !fileNames().has(code);
    // A pattern, or a folder that a program makes.
    if (!IS_PATH.test(code) || /\*|\/\./.test(code)) return false;
    return ![root, join(root, dirname(page))].some((folder) => existsSync(join(folder, code)));
  });
  return missing.map((code) => `${page}: ${code}`);
}
