import type { Round } from './audit.ts';
import type { Outcome } from './connection.ts';

/** What happened in a run, counted. */
export interface Summary {
  /** Counts by section and name. */
  readonly counts: Record<string, Record<string, number>>;
  /** Memory in use after each round, bytes. */
  readonly memory: number[];
}

/** Starts with nothing. */
export const createSummary = (): Summary => ({ counts: {}, memory: [] });

/** Counts what a round has brought. */
export function addRound({ counts }: Summary, { results, struck, reports, late }: Round): void {
  const add = (section: string, name: string, by = 1): void => {
    counts[section] ??= {};
    counts[section][name] = (counts[section][name] ?? 0) + by;
  };
  for (const { plan, outcome, bytes, reused, pipelined } of results) {
    add('outcomes', nameOf(outcome));
    add('clients', plan.trouble.kind === 'shape' ? plan.trouble.shape : plan.trouble.kind);
    add('requests', 'all');
    if (plan.chunked) add('requests', 'chunked');
    if (reused) add('requests', 'on a used connection');
    if (pipelined) add('requests', 'pipelined');
    add('requests', 'files', plan.files.length);
    add('requests', 'MB', bytes / 1e6);
  }
  for (const [{ route }, { kind }] of struck) add('faults', `${route} ${kind}`);
  if (late) add('rounds', 'late, deadlines not audited');
  for (const { message } of reports) add('reports', message);
}

function nameOf(outcome: Outcome): string {
  if (outcome.kind !== 'answer') return outcome.kind;
  const { status, text } = outcome.answer;
  return `${status} ${/"code":"(\w+)"/.exec(text)?.[1] ?? ''}`.trim();
}

/** The summary in words. */
export function describeSummary({ counts, memory }: Summary): string {
  const sections = Object.entries(counts).map(([section, named]) => {
    const items = Object.entries(named).sort(([, one], [, other]) => other - one);
    return `  ${section}: ${items.map(([name, count]) => `${name} ${Math.round(count)}`).join(', ')}`;
  });
  const series = memory.map((bytes) => (bytes / 2 ** 20).toFixed(1));
  const shown = series.filter((_, index) => index % Math.ceil(series.length / 12) === 0);
  return [`  rounds: ${memory.length}`, ...sections, `  memory in use, MiB: ${shown.join(' ')}`].join('\n');
}
