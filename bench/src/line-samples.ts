import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientWaits, Expected } from './client.ts';
import { checkStored } from './exchange.ts';
import { median } from './figures.ts';
import type { Processes } from './processes.ts';
import type { SinkTotals } from './sink.ts';
import type { Way } from './ways.ts';
import type { Workload } from './workloads.ts';

/** Whether requests follow each other, or come when nothing was sent for a while. */
export type LineState = 'warm' | 'idle';

export const LINE_STATES: readonly LineState[] = ['warm', 'idle'];

/** 20 Mbit/s. */
const CLIENT_BYTES_PER_SECOND = 2_500_000;
export const ROUND_TRIP_MS = 80;
export const IDLE_MS = 6000;
/** What a server of Node grants its idle connections unless it is told otherwise, and says in a header. */
const KEEP_ALIVE_MS = 5000;

const KB = 1000;

/** One file in a form, with nothing behind it. */
export const LINE_WORKLOADS: readonly Workload[] = [100, 200, 300, 600, 2000].map((size) => {
  const title = size < 1000 ? `${size} KB` : `${size / 1000} MB`;
  return { name: title.replace(' ', ''), title, fileBytes: size * KB, atOnce: 1, charts: [] };
});

/** What a way took in each round, in one state. */
export interface LineResult {
  readonly workload: Workload;
  readonly state: LineState;
  readonly way: Way;
  /** From the client's last byte to the first of the response, milliseconds. */
  readonly waits: readonly number[];
}

/** The processes, and the origin of the object storage as the servers know it. */
export interface LineBench {
  readonly processes: Processes;
  readonly storageUrl: string;
}

/** Until code is compiled and a route knows its forms. */
const WARM_UPS = 20;
/** The first of a turn opens the connections again: those of the turn before may have gone meanwhile. */
const OPENING = 1;
const MEASURED = 3;

/** Sends through the server of a way, and answers how long the client waited. @throws when other bytes were stored */
async function waitsOf(
  { processes, storageUrl }: LineBench,
  way: Way,
  workload: Workload,
  requests: number,
  verify = false,
): Promise<ClientWaits> {
  const { askClient, askServer, askSink } = processes;
  const url = await askServer<string>(way, { do: 'url' });
  await askSink({ do: 'reset', storageUrl, keepAliveMs: KEEP_ALIVE_MS, verify });
  const bytesPerSecond = CLIENT_BYTES_PER_SECOND;
  const waits = await askClient<ClientWaits>({ do: 'wait', workload, url, bytesPerSecond, requests });
  const totals = await askSink<SinkTotals>({ do: 'totals' });
  const expected = await askClient<Expected>({ do: 'expected', workload });
  checkStored(way, workload, { requests }, totals, expected, verify);
  return waits;
}

/** Brings the servers into their steady state, and compares the bytes that they store. */
export async function warmUpLine(bench: LineBench, ways: readonly Way[], workload: Workload): Promise<void> {
  for (const way of ways) await waitsOf(bench, way, workload, WARM_UPS, true);
}

/** One round of a state: each way in turn. */
export async function lineRound(
  bench: LineBench,
  ways: readonly Way[],
  workload: Workload,
  state: LineState,
): Promise<number[]> {
  // All are silent at once: each is left alone for at least so long.
  if (state === 'idle') await sleep(IDLE_MS);
  const waits: number[] = [];
  for (const way of ways) {
    const requests = state === 'idle' ? 1 : OPENING + MEASURED;
    waits.push(median((await waitsOf(bench, way, workload, requests)).slice(-MEASURED)));
  }
  return waits;
}

/**
 * The least that any server can reach on a line without a slow start: the record is created with the first byte, its round trip and
 * what the handshakes take pass while the file still comes, and the PUT ends a round trip after the last byte.
 */
export function boundOf({ fileBytes }: Workload, state: LineState): number {
  const sendMs = (fileBytes / CLIENT_BYTES_PER_SECOND) * 1000;
  const createdMs = (state === 'idle' ? 3 : 1) * ROUND_TRIP_MS;
  return Math.max(createdMs - sendMs, 0) + ROUND_TRIP_MS;
}
