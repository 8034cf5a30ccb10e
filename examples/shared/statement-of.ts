import { readFileSync } from 'node:fs';

/**
 * The statement of a source file that begins with a text: a page shows the lines that run, not a copy of them. Such a file is
 * formatted to the width of the page, see biome.json.
 *
 * @throws Error if no line of the file begins so
 */
export function statementOf(file: URL, beginning: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const first = lines.findIndex((line) => line.trimStart().startsWith(beginning));
  if (first < 0) throw new Error(`${file.pathname} has no statement that begins with ${beginning}`);
  const indent = lines[first]?.search(/\S/) ?? 0;
  const last = lines.findIndex(
    (line, at) => at >= first && line.endsWith(';') && line.search(/\S/) === indent,
  );
  return lines
    .slice(first, last + 1)
    .map((line) => line.slice(indent))
    .join('\n');
}
