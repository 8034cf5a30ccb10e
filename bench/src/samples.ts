import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from './exchange.ts';
import { median, quantile, type Sample } from './figures.ts';
import type { Processes } from './processes.ts';
import type { Way } from './ways.ts';
import type { Workload } from './workloads.ts';

/** How long to send. */
export interface Effort {
  readonly rounds: number;
  /** Of a round of a workload that names no number of requests, milliseconds. */
  readonly ms: number;
  /** Requests before the rounds, at most; large files take fewer. */
  readonly mostWarmUps: number;
  /** Caps the number of requests that a workload asks for in a round. */
  readonly mostRequests: number;
}

/** What each kind of sample needs. */
type Sampler = (processes: Processes, way: Way, workload: Workload, effort: Effort) => Promise<Sample>;

const MIB = 1024 * 1024;
/** Large files warm a server up by their chunks. */
const WARM_UP_BYTES = 512 * MIB;

/** The requests after which a server is measured. Counted: how many fit into a time depends on who else uses the machine. */
const warmUpsOf = ({ fileBytes, line, requests, counted }: Workload, { mostWarmUps }: Effort): number =>
  line || (requests && !counted)
    ? 1
    : Math.max(1, Math.min(mostWarmUps, Math.ceil(WARM_UP_BYTES / fileBytes)));

/** What a workload measures is measured in the process of this way. */
function measuredWay(way: Way, { counted, held }: Workload): Way {
  if (counted) return { ...way, name: `${way.name} (counted)`, counted };
  if (held) return { ...way, name: `${way.name} (held)`, options: { ...way.options, ...HELD_OPTIONS } };
  return way;
}

/** Brings the servers that {@link sampleOf} will measure into their steady state, and compares the bytes that they store. */
export async function warmUp(
  processes: Processes,
  way: Way,
  workload: Workload,
  effort: Effort,
): Promise<void> {
  const amount = { ms: 0, atLeast: warmUpsOf(workload, effort), verify: true };
  const measured = measuredWay(way, workload);
  await exchange(processes, measured, workload, kindOf(workload), amount);
  if (workload.held) await exchange(processes, way, workload, 'cpu', amount);
}

/** Measures a way for one round. */
export const sampleOf: Sampler = (processes, way, workload, effort) => {
  const sampler = workload.counted ? objectsOf : workload.held ? growthOf : loadOf;
  return sampler(processes, way, workload, effort);
};

const kindOf = ({ memory }: Workload): 'memory' | 'cpu' => (memory ? 'memory' : 'cpu');

/** What the requests of a workload take. */
const loadOf: Sampler = async (processes, way, workload, { ms, mostRequests }) => {
  const { atOnce, line, files } = workload;
  const atLeast = Math.min(mostRequests, workload.requests ?? atOnce);
  const legs = line ? await legsOf(processes, workload) : undefined;
  const amount = { ms: workload.requests ? 0 : ms, atLeast };
  const { sent, found, totals } = await exchange(processes, way, workload, kindOf(workload), amount);
  const bytes = sent.requests * workload.fileBytes * (files ?? 1);
  const p50Ms = median(sent.latenciesMs);
  return {
    mibPerSecond: bytes / MIB / (sent.wallMs / 1000),
    requestsPerSecond: sent.requests / (sent.wallMs / 1000),
    p50Ms,
    p99Ms: quantile(sent.latenciesMs, 0.99),
    cpuMsPerGiB: found.cpuMs / (bytes / (1024 * MIB)),
    cpuMsPerRequest: found.cpuMs / sent.requests,
    peakRssMiB: found.peakRssMiB,
    stallMs: found.stallMs,
    firstByteMs:
      atOnce === 1 && !files
        ? median(sent.begun.map((at, i) => (totals.firstBytes[i] ?? Number.NaN) - at))
        : undefined,
    overSlowerLeg: legs && p50Ms / Math.max(...legs),
  };
};

async function legsOf({ askSink, askClient, sinkUrl }: Processes, workload: Workload): Promise<number[]> {
  await askSink({ do: 'reset', line: workload.line });
  return askClient<number[]>({ do: 'legs', workload, sink: sinkUrl });
}

/** A dead object in old memory can keep whole requests until the next full collection: the least is without one. */
const KEPT_RUNS = 3;
/** So few that a full collection seldom comes in between; as in request-cost.soak.test.ts. */
const KEPT_REQUESTS = 208;

/** What a request makes. */
const objectsOf: Sampler = async (processes, way, workload, { mostRequests }) => {
  const measured = measuredWay(way, workload);
  // Many, so that the connections of a run, which are new, do not count.
  const atLeast = Math.min(mostRequests, workload.requests ?? workload.atOnce);
  const kbOf = async (what: 'allocated' | 'kept', most: number): Promise<number> => {
    const amount = { ms: 0, atLeast: Math.min(most, atLeast) };
    const { sent, found } = await exchange(processes, measured, workload, what, amount);
    return found.bytes / 1000 / sent.requests;
  };
  const { sent, found } = await exchange(processes, measured, workload, 'objects', { ms: 0, atLeast });
  const allocatedKb = await kbOf('allocated', atLeast);
  const kept: number[] = [];
  // Their buffers bring full collections on, which find what a scavenge would have found: there is nothing to tell.
  for (let i = 0; i < KEPT_RUNS && !way.arm.buffers; i++) kept.push(await kbOf('kept', KEPT_REQUESTS));
  return {
    promises: found.promises / sent.requests,
    controllers: found.controllers / sent.requests,
    listeners: found.listeners / sent.requests,
    timers: found.timers / sent.requests,
    allocatedKb,
    ...(kept.length > 0 && { keptKb: Math.min(...kept) }),
  };
};

/** Ours would end slow clients, and let most of them wait for a slot. Other arms have no such options, and ignore them. */
const HELD_OPTIONS = {
  ...{ stallTimeoutMs: 3_600_000, minBytesPerSecond: 0 },
  ...{ maxConcurrentUploads: 1_000_000, maxBufferedBytes: Number.MAX_SAFE_INTEGER },
};
/** Requests between the opening of the held uploads and what is measured: they come to the server's turn after those. */
const SETTLING_REQUESTS = 1_000;
const POLL_MS = 50;
const CLEARING_MS = 60_000;

/** Waits until a server has no connections left: only then the others have their turn. */
async function clearedUp({ askServer }: Processes, way: Way): Promise<void> {
  for (let waited = 0; (await askServer<number>(way, { do: 'connections' })) > 0; waited += POLL_MS) {
    if (waited > CLEARING_MS) throw new Error(`${way.name}: its connections are still open`);
    await sleep(POLL_MS);
  }
}

/**
 * What a request takes while others are in flight, over what it takes without, right before. The others stop in the middle of their
 * file, so nothing happens with them meanwhile: what grows is what each request does for all that are open.
 */
const growthOf: Sampler = async (processes, way, workload, effort) => {
  const { askClient, askServer } = processes;
  const few = await loadOf(processes, way, workload, effort);
  const measured = measuredWay(way, workload);
  const url = await askServer<string>(measured, { do: 'url' });
  await askClient({ do: 'hold', workload, url, count: workload.held ?? 0 });
  const atLeast = Math.min(effort.mostWarmUps, SETTLING_REQUESTS);
  await exchange(processes, measured, workload, 'cpu', { ms: 0, atLeast });
  const many = await loadOf(processes, measured, workload, effort);
  await askClient({ do: 'release' });
  await clearedUp(processes, measured);
  const [before = Number.NaN, after = Number.NaN] = [few.cpuMsPerRequest, many.cpuMsPerRequest];
  return { ...many, overFewCpu: after / before, growthUs: (after - before) * 1000 };
};
