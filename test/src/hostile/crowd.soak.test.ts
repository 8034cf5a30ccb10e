import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import type { Crowd, CrowdReport, Fared, SlowClients } from '../support/crowd.ts';
import { residentBytes } from '../support/leftovers.ts';
import { overRest } from '../support/upload-suite.ts';

/** Thousands of clients for minutes: by hand. */
const FULL = process.env['SOAK_FULL'] === '1';

const MB = 1_000_000;
const MIB = 1024 * 1024;
const SERVERS = [
  ['Express', 'upload-server.ts'],
  ['Fastify', 'fastify-upload-server.ts'],
] as const;
const BUDGETS = [
  ['the default options', {}],
  ['32 MiB of memory', { maxBufferedBytes: 32 * MIB }],
] as const;

const SMALL: Omit<SlowClients, 'count'> = {
  least: 50_000,
  most: 200_000,
  atOnce: 4000,
  ms: 20_000,
  end: 'in time',
};
const LARGE: Omit<SlowClients, 'count'> = {
  least: 5 * MB,
  most: 5 * MB,
  atOnce: 0,
  ms: 167_000,
  end: 'never',
};
/** They send so much at once, then 1.2 KB a second for ever. */
const stalling = (atOnce: number): Omit<SlowClients, 'count'> => ({
  least: atOnce + 300_000,
  most: atOnce + 300_000,
  atOnce,
  ms: 250_000,
  end: 'never',
});

const CROWDS: readonly (readonly [name: string, slow: SlowClients])[] = [
  ['no slow client', { ...SMALL, count: 0 }],
  ['300 slow clients', { ...SMALL, count: 300 }],
  ...(FULL
    ? ([
        ['1,000 slow clients', { ...SMALL, count: 1000 }],
        ['2,000 slow clients', { ...SMALL, count: 2000 }],
        ['200 slow clients with 5 MB', { ...LARGE, count: 200 }],
        ['400 slow clients with 5 MB', { ...LARGE, count: 400 }],
        ['3,000 clients that stop after 100 KB', { ...stalling(100_000), count: 3000 }],
        ['3,000 clients that stop after 300 KB', { ...stalling(300_000), count: 3000 }],
      ] as const)
    : []),
];

const crowdOf = (slow: SlowClients): Crowd => ({
  // So none of them has its end while the fast ones send.
  slow: FULL ? slow : { ...slow, ms: 1000, end: 'last' },
  fast: [
    { count: 50, bytes: 60_000, ms: FULL ? 5000 : 500 },
    { count: 10, bytes: 5 * MB, ms: FULL ? 5000 : 500 },
  ],
  fastAfterMs: FULL ? 6000 : 1000,
});

let emulator: Emulator;
let server: Child;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(async () => {
  await endChild(server, 'SIGKILL');
  await emulator.close();
});

/** The most that was seen of the server's memory and of pending records. */
function watch(): { stop(): { readonly resident: number; readonly pending: number } } {
  let resident = 0;
  let pending = 0;
  const look = setInterval(() => {
    resident = Math.max(resident, residentBytes(server.pid));
    pending = Math.max(pending, emulator.images.list().filter(({ status }) => status === 'PENDING').length);
  }, 200);
  return {
    stop: () => {
      clearInterval(look);
      return { resident: Math.round(resident / MIB), pending };
    },
  };
}

const shown = ({ p50, p99, stored, refused }: Fared): string =>
  `${p50}/${p99} ms, ${stored} stored${Object.entries(refused).map(([status, count]) => `, ${count} × ${status}`)}`;

describe.each(SERVERS)('fast clients of %s', (server_, program) => {
  describe.each(FULL ? BUDGETS : BUDGETS.slice(0, 1))('with %s', (budget, options) => {
    it.each(CROWDS)('are served beside %s', async (name, slow) => {
      server = await startChild(program, { ...overRest(emulator), ...options });
      const watching = watch();
      const crowd = await startChild('crowd-clients.ts', { url: server.line, crowd: crowdOf(slow) });
      const report = JSON.parse(crowd.line) as CrowdReport;
      const { resident, pending } = watching.stop();
      const [small, large] = report.fast as [Fared, Fared];
      console.info(
        `${server_}, ${budget}, ${name}: 60 KB ${shown(small)} · 5 MB ${shown(large)} · slow ${shown(report.slow)} · ${resident} MiB, ${pending} pending`,
      );
      expect(small).toMatchObject({ stored: 50, refused: {} });
      expect(large).toMatchObject({ stored: 10, refused: {} });
      // The fast ones did not wait until the slow ones were gone.
      if (!FULL) expect(report.sending).toBe(slow.count);
      expect(report.slow.refused).toEqual({});
      if (slow.end !== 'never') expect(report.slow.stored).toBe(slow.count);
    });
  });
});
