// Fast uploads beside crowds of slow clients: `npm run bench:crowd`, with `-- --write` for its page.
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ARMS, type Arm, STORELESS_ARMS } from './arms.ts';
import { build, commitOf } from './build.ts';
import { type CrowdSample, checkOpenFiles, crowdSampleOf } from './crowd-samples.ts';
import { type CrowdResult, crowdTable, toCrowdPage } from './crowd-table.ts';
import { pick } from './pick.ts';
import { startProcesses } from './processes.ts';
import { toText } from './table.ts';
import { waysOf } from './ways.ts';

const { values: flags } = parseArgs({
  options: {
    slow: { type: 'string', default: '0,300,2000' },
    arms: { type: 'string', default: 'express,multer-undici,multer-alone,http-alone' },
    rounds: { type: 'string', default: '3' },
    before: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});

/** @throws for anything but a whole number */
function count(digits: string): number {
  if (!/^\d+$/.test(digits)) throw new Error(`A number of clients or rounds is expected, not ${digits}`);
  return Number(digits);
}

const arms: readonly Arm[] = pick([...ARMS, ...STORELESS_ARMS], flags.arms);
const crowds = flags.slow.split(',').map(count);
const rounds = count(flags.rounds);
await checkOpenFiles(Math.max(...crowds));
await build(flags.before);
const before = flags.before === undefined ? undefined : await commitOf(flags.before);

const results = crowds.flatMap((slow) =>
  waysOf(arms, before !== undefined).map((way) => ({ slow, way, samples: [] as CrowdSample[] })),
);
const processes = await startProcesses({});
try {
  for (let round = 0; round < rounds; round++) {
    for (const { slow, way, samples } of results) {
      samples.push(await crowdSampleOf(processes, way, slow));
      // Memory is that of one crowd, and its connections are gone.
      await processes.endServers();
    }
  }
} finally {
  await processes.end();
}
const found: readonly CrowdResult[] = results;
console.log(toText(crowdTable(found)));
if (flags.write) {
  await writeFile(new URL('../crowd.md', import.meta.url), toCrowdPage(found, { rounds, before }));
}
