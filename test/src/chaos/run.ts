import type { Target } from '../support/targets.ts';
import { auditMemory, auditRound } from './audit.ts';
import { clearRound, closeStage, openStage, playRound } from './round.ts';
import { addRound, createSummary, type Summary } from './summary.ts';
import { listenForAlarms, memoryInUse, resources, resourcesSince, settled } from './traces.ts';

/** A run against the servers of one adapter. */
export interface RunOptions {
  readonly target: Target;
  readonly seed: number;
  /** Whether another round begins after so many. */
  readonly goesOn: (rounds: number) => boolean;
  /** Clients at once. */
  readonly concurrency: number;
  /** Clients between two audits. */
  readonly clients: number;
}

/** What a run has found, and what it did. */
export interface RunReport {
  /** In words; empty when all is well. */
  readonly findings: readonly string[];
  readonly summary: Summary;
}

/** A prime: the rounds of neighbouring seeds differ. */
const SEED_STEP = 1_000_003;

/**
 * Runs rounds of random clients and faults, and audits each; then closes all and looks for what is left. Ends early when
 * something is found.
 */
export async function run({ target, seed, goesOn, ...load }: RunOptions): Promise<RunReport> {
  const alarms = listenForAlarms();
  const before = resources();
  const stage = await openStage(target);
  const findings: string[] = [];
  const summary = createSummary();
  for (let number = 0; goesOn(number) && findings.length === 0; number++) {
    const faulty = number % 3 !== 1;
    const round = await playRound(stage, { ...load, seed: seed + number * SEED_STEP, number, faulty });
    findings.push(...auditRound(round), ...alarms.heard.splice(0));
    addRound(summary, round);
    await clearRound(stage);
    summary.memory.push(await memoryInUse());
  }
  findings.push(...(await closeStage(stage)));
  findings.push(...(await settled(() => resourcesSince(before), 10_000)));
  findings.push(...alarms.heard, ...auditMemory(summary.memory));
  alarms.end();
  return { findings, summary };
}
