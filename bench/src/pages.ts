import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** What was measured on. */
export const MACHINE = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}`;

/** Puts `part` between the marks of that name in a page. */
export async function writePart(page: URL, mark: string, part: string): Promise<void> {
  const text = await readFile(page, 'utf8');
  const marked = new RegExp(`(<!-- ${mark} -->)[\\s\\S]*(<!-- /${mark} -->)`);
  await writeFile(
    page,
    text.replace(marked, (_, begin, end) => `${begin}\n\n${part}\n\n${end}`),
  );
}
