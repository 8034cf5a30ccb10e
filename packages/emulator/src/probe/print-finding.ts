import type { Finding, ProbeReport } from './probe.ts';

const MARKS = { 'as assumed': 'as assumed', different: 'DIFFERENT ', 'not asked': 'not asked ' } as const;

/** A finding as lines of text. Who relies on an assumption is named where it is wrong. */
export function printFinding({ about, assumed, seen, reliesOn, outcome }: Finding): string {
  const line = `${MARKS[outcome]}  ${about}: ${seen}`;
  return outcome === 'different'
    ? `${line}\n            assumed: ${assumed}; ${reliesOn} relies on it`
    : line;
}

/** The last lines of a probe. */
export function printReport({ findings, records, left }: ProbeReport): string {
  const count = (outcome: Finding['outcome']): number =>
    findings.filter((finding) => finding.outcome === outcome).length;
  const summary = `${count('as assumed')} as assumed, ${count('different')} different, ${count('not asked')} not asked; ${records} records were made, and ${records - left.length} deleted.`;
  return left.length === 0 ? summary : `${summary}\nThese could not be deleted: ${left.join(', ')}`;
}
