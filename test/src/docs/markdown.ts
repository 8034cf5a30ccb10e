import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, with a slash at the end. */
export const root: string = fileURLToPath(new URL('../../../', import.meta.url));

/** A fenced block of a page. */
export interface CodeBlock {
  /** The page, from the root of the repository. */
  readonly page: string;
  /** The line of the first line of code, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** What `<!-- context: express -->` or `<!-- file: packages/… -->` before the block says of it. */
  readonly directives: Readonly<Record<string, string>>;
  /** The name in a first line such as `// app.js`: what a reader saves the block as. */
  readonly fileName?: string;
}

const LEFT_OUT = /(^|\/)(node_modules|dist|coverage|docs\/api)(\/|$)/;

/** Every page of the repository, from its root. */
export function pages(): string[] {
  const inFolder = (folder: string): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (LEFT_OUT.test(path) || entry.name.startsWith('.')) return [];
      if (entry.isDirectory()) return inFolder(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
  return inFolder('');
}

/** The text of a file of the repository. */
export const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The fenced blocks of a page, in order. */
export function codeBlocks(page: string, text: string = read(page)): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = text.split('\n');
  let directives: Record<string, string> = {};
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, name, value] = /^<!-- (context|file): (.+) -->$/.exec(line) ?? [];
    if (name && value) directives[name] = value;
    const [, fence, language] = /^(`{3,})(.*)$/.exec(line) ?? [];
    if (fence !== undefined && language !== undefined) {
      const end = lines.indexOf(fence, at + 1);
      if (end < 0) throw new Error(`${page}:${at + 1}: the block has no end`);
      const code = lines.slice(at + 1, end).join('\n');
      const fileName = /^\/\/ (\S+\.\w+)$/.exec(lines[at + 1] ?? '')?.[1];
      blocks.push({ page, line: at + 2, language, code, directives, ...(fileName && { fileName }) });
      at = end;
      directives = {};
    } else if (line.trim() !== '' && !name) directives = {};
  }
  return blocks;
}

/** A page without its code, line by line as it was: what is said in words. */
export function prose(text: string): string {
  return text.replace(/^(`{3,}).*\n[\s\S]*?\n\1$/gm, (block) => block.replace(/.*/g, ''));
}

/** A block as a page would have it, to see that a check can fail. */
export const block = (
  language: string,
  code: string,
  directives: CodeBlock['directives'] = {},
): CodeBlock => ({
  page: 'README.md',
  line: 1,
  language,
  code,
  directives,
});
