// `npm run containers`: sends uploads to servers that run as in small containers, and writes what became of them into outcomes.json,
// from which `npm run docs` makes the table in packages/core/docs/operating.md. With `--check` it only compares.
// It needs Linux, and the right to open a user namespace.
import { readFile, writeFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { CONDITIONS } from './conditions.ts';
import { measure } from './measure.ts';

const PATH = new URL('./outcomes.json', import.meta.url);

const outcomes: Record<string, object> = {};
let isRight = true;
for (const condition of CONDITIONS) {
  const measured = await measure(condition);
  outcomes[condition.name] = measured.outcomes;
  console.info(`${condition.name}:`, measured.outcomes);
  for (const finding of measured.findings) console.error(`  ! ${finding}`);
  isRight &&= measured.findings.length === 0;
}
if (!process.argv.includes('--check')) await writeFile(PATH, `${JSON.stringify(outcomes, undefined, 2)}\n`);
else if (!isDeepStrictEqual(JSON.parse(await readFile(PATH, 'utf8')), outcomes)) {
  console.error('outcomes.json, and the table made from it, say something else.');
  isRight = false;
}
process.exitCode = isRight ? 0 : 1;
