import { setTimeout as sleep } from 'node:timers/promises';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { overRest } from '../support/upload-suite.ts';
import type { Condition } from './conditions.ts';
import { type ConfinedServer, startConfined, type Told } from './server.ts';
import { type Outcome, UPLOADS, type Upload } from './uploads.ts';

/** What becomes of every upload under a condition. */
export interface Measured {
  /** By the name of the upload, as the cells of a table. */
  readonly outcomes: Readonly<Record<string, string>>;
  /** What is wrong whatever the outcomes are: a process that ended, a failure that was not logged once. */
  readonly findings: readonly string[];
}

/** Sends every upload to one server that runs under the condition. */
export async function measure(condition: Condition): Promise<Measured> {
  const emulator = await startEmulator();
  try {
    const server = await startConfined(condition, overRest(emulator));
    try {
      return await sendAll(server, emulator);
    } finally {
      await server.close();
    }
  } finally {
    await emulator.close();
  }
}

async function sendAll(server: ConfinedServer, emulator: Emulator): Promise<Measured> {
  const outcomes: Record<string, string> = {};
  const findings: string[] = [];
  for (const upload of UPLOADS) {
    const seen = await send(upload, server, emulator);
    outcomes[upload.name] = seen.cell;
    findings.push(...seen.findings.map((finding) => `${upload.name}: ${finding}`));
    if (!server.isUp()) break;
  }
  return { outcomes, findings };
}

async function send(
  upload: Upload,
  server: ConfinedServer,
  emulator: Emulator,
): Promise<{ readonly cell: string; readonly findings: string[] }> {
  await emulator.reset();
  server.told.length = 0;
  const outcomes = await upload.send(server.url, emulator);
  if (!server.isUp()) return { cell: 'the process ends', findings: ['the process has ended'] };
  const open = await untilNone(() => server.temporaryFiles());
  const findings = audit(outcomes, server.told, emulator);
  if (open.length > 0) findings.push(`${open.length} temporary files are open`);
  return { cell: cellOf(outcomes), findings };
}

/** What came of several: only which failures there are. How many are stored is a matter of time. */
function cellOf(outcomes: readonly Outcome[]): string {
  const failures = [...new Set(outcomes)]
    .filter((outcome) => outcome !== 'stored')
    .toSorted((a, b) => a.localeCompare(b));
  if (failures.length === 0) return 'stored';
  return outcomes.length === 1 ? failures.join() : `not all: ${failures.join(' or ')}`;
}

/** What was answered against what the server has told and the service has. */
function audit(outcomes: readonly Outcome[], told: readonly Told[], emulator: Emulator): string[] {
  const findings: string[] = [];
  const compare = (what: string, found: number, due: number): void => {
    if (found !== due) findings.push(`${found} ${what}, not ${due}`);
  };
  const count = (kind: Told['kind']): number => told.filter((each) => each.kind === kind).length;
  const images = emulator.images.list();
  const pending = images.filter(({ status }) => status === 'PENDING').length;
  compare('images', images.length - pending, outcomes.filter((outcome) => outcome === 'stored').length);
  compare('records left behind', pending, 0);
  compare('records reported as left behind', count('left'), 0);
  // A record reported is logged as well.
  compare(
    'failures logged',
    count('fault') - count('left'),
    outcomes.filter((o) => o.startsWith('5')).length,
  );
  return findings;
}

/** A file is closed a moment after its answer. */
async function untilNone<T>(list: () => Promise<T[]>): Promise<T[]> {
  for (let i = 0; i < 100; i++) {
    const left = await list();
    if (left.length === 0) return left;
    await sleep(50);
  }
  return list();
}
