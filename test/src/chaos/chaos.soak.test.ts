import { expect, it } from 'vitest';
import { sample } from '../support/sample.ts';
import { TARGETS } from '../support/targets.ts';
import { auditMemory, auditRound } from './audit.ts';
import { planFaults } from './faults.ts';
import { planClients } from './plan.ts';
import { clearRound, closeStage, openStage, playRound } from './round.ts';
import { run } from './run.ts';

const LOAD = { concurrency: 12, clients: 12 };

it.each(sample(TARGETS))('finds nothing after a short run through $name', async (target) => {
  const { findings, summary } = await run({ target, seed: 11, goesOn: (rounds) => rounds < 1, ...LOAD });
  expect(findings).toEqual([]);
  expect(Object.keys(summary.counts)).toEqual(expect.arrayContaining(['outcomes', 'faults']));
});

it('plans the same clients and faults from the same seed', () => {
  expect(planClients(5, 20)).toEqual(planClients(5, 20));
  expect(planFaults(5)).toEqual(planFaults(5));
  expect(planClients(6, 20)).not.toEqual(planClients(5, 20));
});

it('finds what is doctored', async () => {
  const [target] = TARGETS;
  if (!target) throw new Error('There is no target.');
  const stage = await openStage(target);
  const round = await playRound(stage, { seed: 3, number: 1, faulty: false, ...LOAD });
  expect(auditRound(round)).toEqual([]);

  const stored = round.results.find(
    ({ id, digests }) => round.ends.get(id) === 'stored' && digests.length > 0,
  );
  if (!stored) throw new Error('No file was stored.');
  const others = round.results.filter((result) => result !== stored);
  const withResult = (change: object): string[] =>
    auditRound({ ...round, results: [...others, { ...stored, ...change }] });
  const about = (what: string): unknown => expect.arrayContaining([expect.stringContaining(what)]);

  // Other bytes than those that were sent; a field that is lost; no answer; an answer that is none of the legal ones.
  expect(withResult({ digests: stored.digests.map(() => 'f'.repeat(64)) })).toEqual(about('stored'));
  expect(withResult({ fields: { ...stored.fields, lost: '' } })).toEqual(about('the fields differ'));
  expect(withResult({ outcome: { kind: 'closed' } })).toEqual(about('no answer: closed'));
  const answer = { status: 503, headers: {}, text: '{"code":"UPSTREAM_UNAVAILABLE","status":503}' };
  expect(withResult({ outcome: { kind: 'answer', answer } })).toEqual(about('503 UPSTREAM_UNAVAILABLE'));

  // A failure that no fault explains.
  const report = { level: 'error', message: 'A record could not be deleted', imageId: 'x' } as const;
  expect(auditRound({ ...round, reports: [report] })).toEqual(about('no fault struck there'));
  const fault = { level: 'error', message: 'The service is away', code: 'UPSTREAM_REJECTED' } as const;
  expect(auditRound({ ...round, reports: [fault] })).toEqual(about('was logged 1 times, for 0 requests'));

  // A record too many, and one that is gone.
  const { emulator } = round;
  await fetch(`${emulator.url}/api/v1/images/standard_upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ file_name: 'stray.jpg', content_length: 1, purpose: 'stray' }),
  });
  expect(auditRound(round)).toEqual([expect.stringMatching(/^record .* was left by stray/)]);
  await clearRound(stage);
  expect(auditRound({ ...round, ends: new Map([[stored.id, 'stored']]) })).toEqual(about('records are left'));
  await closeStage(stage);
});

it('finds memory that grows', () => {
  const mib = 2 ** 20;
  expect(auditMemory(Array.from({ length: 16 }, (_, round) => (80 + (round % 3)) * mib))).toEqual([]);
  expect(auditMemory(Array.from({ length: 16 }, (_, round) => (80 + 3 * round) * mib))).toEqual([
    'memory in use grew from 92.0 MiB to 116.0 MiB',
  ]);
});
