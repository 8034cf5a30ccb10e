import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import type { Target } from '../support/targets.ts';
import type { Round } from './audit.ts';
import { performClient, type Result } from './client.ts';
import { planFaults, watchFaults } from './faults.ts';
import { planClients } from './plan.ts';
import { type Servers, STALL_MS, startServers } from './servers.ts';
import { settled } from './traces.ts';

/** The servers of one adapter, and the service that they speak to. */
export interface Stage {
  readonly emulator: Emulator;
  readonly servers: Servers;
  /** The middleware's open sockets. */
  readonly sockets: ReadonlySet<Socket>;
  /** Stops listening for more of them. */
  readonly unwatch: () => void;
}

/** From the last byte of an image to READY, milliseconds: some first questions come too early. */
const READY_DELAY_MS = 1;

/** Starts all that clients need. */
export async function openStage(target: Target): Promise<Stage> {
  const emulator = await startEmulator({ readyDelayMs: READY_DELAY_MS, requestLogLimit: 1_000_000 });
  return { emulator, servers: await startServers(target, emulator), ...watchSockets() };
}

/** The channel on which undici tells of each connection that it has made. */
const CONNECTED = 'undici:client:connected';

function watchSockets(): Pick<Stage, 'sockets' | 'unwatch'> {
  const sockets = new Set<Socket>();
  const onConnected = (message: unknown): void => {
    const { socket } = message as { socket: Socket };
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  subscribe(CONNECTED, onConnected);
  return { sockets, unwatch: () => void unsubscribe(CONNECTED, onConnected) };
}

/** Closes all. Answers what did not close. */
export async function closeStage({ emulator, servers, sockets, unwatch }: Stage): Promise<string[]> {
  await servers.close();
  const open = (): string[] => (sockets.size > 0 ? [`${sockets.size} sockets to the service are open`] : []);
  const left = await settled(open, 5_000);
  unwatch();
  await emulator.close();
  return left;
}

/** What happens in a round. */
export interface RoundOptions {
  readonly seed: number;
  readonly number: number;
  readonly clients: number;
  /** Clients at once. */
  readonly concurrency: number;
  /** Whether the service fails; where it does not, nothing excuses a failure. */
  readonly faulty: boolean;
}

/** No fault, no pause and no bounded drain keeps a request at work for longer once its client is gone. */
const QUIET_MS = 60_000;

/** Lets the clients of a round loose, and waits until nothing is under way any more. */
export async function playRound(
  { emulator, servers }: Stage,
  { seed, number, clients, concurrency, faulty }: RoundOptions,
): Promise<Round> {
  const delay = monitorEventLoopDelay();
  delay.enable();
  const watch = watchFaults(emulator, faulty ? planFaults(seed) : []);
  const plans = planClients(seed, clients).entries();
  const results: Result[] = [];
  // Whoever is done takes the next plan.
  const work = async (): Promise<void> => {
    for (const [index, plan] of plans) {
      const url = servers.running[plan.variant]?.url ?? '';
      results.push(...(await performClient(url, plan, `${number}.${index}`)));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const busy = await settled(() => stillBusy({ emulator, servers }), QUIET_MS);
  await watch.end();
  delay.disable();
  const late = delay.max / 1e6 > STALL_MS / 2;
  const { reports, ends } = servers;
  return { results, emulator, struck: watch.struck, reports, ends, busy, late };
}

/** Forgets a round. */
export async function clearRound({ emulator, servers }: Stage): Promise<void> {
  servers.reports.length = 0;
  servers.ends.clear();
  for (const { errors } of servers.running) errors.length = 0;
  await emulator.reset();
}

async function stillBusy({ emulator, servers }: Pick<Stage, 'emulator' | 'servers'>): Promise<string[]> {
  const connections = await Promise.all(
    servers.running.map(
      ({ server }) => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count))),
    ),
  );
  const counts: Readonly<Record<string, number>> = {
    'requests are at work': servers.working(),
    'connections of clients are open': connections.reduce((sum, count) => sum + count, 0),
    'calls to the service are open': emulator.requests.filter(({ state }) => state === 'open').length,
    'temporary files are open': openTemporaryFiles().length,
    'temporary files have a name': namedTemporaryFiles().length,
  };
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
}
