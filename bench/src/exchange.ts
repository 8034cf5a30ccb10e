import type { ClientRun, Expected } from './client.ts';
import type { Processes } from './processes.ts';
import type { Measurement, Measurements } from './server.ts';
import type { SinkTotals } from './sink.ts';
import type { Way } from './ways.ts';
import type { Workload } from './workloads.ts';

/** How much to send: until `ms` are over, at least `atLeast` requests. */
export interface Amount {
  readonly ms: number;
  readonly atLeast: number;
  /** Whether the bytes are compared too, not only counted. @default false */
  readonly verify?: boolean;
}

/** What was seen of it, by all three processes. */
export interface Exchange<What extends Measurement> {
  readonly sent: ClientRun;
  readonly found: Measurements[What];
  readonly totals: SinkTotals;
}

/**
 * Sends through the server of a way, measures it meanwhile, and compares what came with what was sent.
 *
 * @throws when an answer or the stored bytes are wrong
 */
export async function exchange<What extends Measurement>(
  { askClient, askSink, askServer }: Processes,
  way: Way,
  workload: Workload,
  what: What,
  { ms, atLeast, verify = false }: Amount,
): Promise<Exchange<What>> {
  const url = await askServer<string>(way, { do: 'url' });
  const { line, putLatencyMs } = workload;
  const { takes } = way.arm;
  await askSink({ do: 'reset', line, putLatencyMs, verify });
  await askServer(way, { do: 'begin', what });
  const sent = await askClient<ClientRun>({ do: 'run', workload, takes, url, ms, atLeast }).catch(
    (error: unknown) => {
      throw new Error(`${way.name}, ${workload.name}: ${error instanceof Error ? error.message : error}`);
    },
  );
  const found = await askServer<Measurements[What]>(way, { do: 'end' });
  const totals = await askSink<SinkTotals>({ do: 'totals' });
  const expected = await askClient<Expected>({ do: 'expected', workload });
  checkStored(way, workload, sent, totals, expected, verify);
  return { sent, found, totals };
}

/** @throws when the store got other bytes, or fewer or more of them, than were sent */
export function checkStored(
  { name, arm }: Way,
  workload: Workload,
  sent: Pick<ClientRun, 'requests'>,
  totals: SinkTotals,
  expected: Expected,
  verify: boolean,
): void {
  const asForm = arm.stores === 'form';
  const puts = sent.requests * (asForm ? 1 : (workload.files ?? 1));
  const bytes = puts * (asForm ? expected.formBytes : expected.fileBytes);
  const where = `${name}, ${workload.name}`;
  if (totals.puts !== puts || totals.bytes !== bytes) {
    throw new Error(
      `${where}: stored ${totals.puts} objects of ${totals.bytes} bytes, not ${puts} of ${bytes}`,
    );
  }
  const right = asForm ? expected.formSha256 : expected.fileSha256;
  if (verify && totals.digests.some((digest) => digest !== right)) {
    throw new Error(`${where}: stored other bytes than were sent`);
  }
}
