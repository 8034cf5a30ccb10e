import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressOf } from './connection.ts';
import { spreadOf } from './figures.ts';
import type { Distance } from './line-relay.ts';
import { spreadText, type Table } from './table.ts';
import { now } from './worker.ts';

/** Opens the line before something on this machine. */
export type OpenLine = (target: string) => Promise<string>;

/** One thing that is known of the line before it is measured. */
interface Known {
  readonly title: string;
  readonly ms: number;
  readonly times: number;
  measure(url: string): Promise<number>;
}

/** What timers of several processes may add up to. */
const TOLERANCE_MS = 8;
const END = 10;
const LARGE = 100_000;

/** Bytes of which only the last one is responded to. */
function message(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes[length - 1] = END;
  return bytes;
}

/** Milliseconds until the response, from now or a moment of `now()`. */
async function roundTrip(socket: Socket, length = 1, start = now()): Promise<number> {
  socket.write(message(length));
  await once(socket, 'data');
  return now() - start;
}

/** Uses a new connection. */
async function connected<T>(url: string, use: (socket: Socket) => Promise<T>): Promise<T> {
  const socket = connect({ ...addressOf(url), noDelay: true });
  try {
    await once(socket, 'connect');
    return await use(socket);
  } finally {
    socket.destroy();
  }
}

/** Counted from when it was to be used: a timer that comes late would shorten what is left of the handshakes. */
const opened =
  (aheadMs: number, length = 1): Known['measure'] =>
  (url) => {
    const start = now() + aheadMs;
    return connected(url, async (socket) => {
      await sleep(aheadMs);
      return roundTrip(socket, length, start);
    });
  };

/** The second round trip of a connection. */
const kept =
  (length: number): Known['measure'] =>
  (url) =>
    connected(url, async (socket) => {
      await roundTrip(socket);
      return roundTrip(socket, length);
    });

/** Round trips until so many bytes have left, if ten segments leave in the first and twice as many in each that follows. */
const flights = (length: number): number => Math.ceil(Math.log2(length / 14_600 + 1));

function knownOf({ roundTripMs, slowStart }: Distance): Known[] {
  const large = slowStart ? flights(LARGE) : 1;
  const known = (title: string, roundTrips: number, measure: Known['measure']): Known => ({
    ...{ title, ms: roundTrips * roundTripMs, times: 5, measure },
  });
  return [
    known('a byte and back, on a connection at hand', 1, kept(1)),
    known('the same on a new connection', 3, opened(0)),
    known('opened one round trip ahead', 2, opened(roundTripMs)),
    known('opened three round trips ahead', 1, opened(3 * roundTripMs)),
    known('100 KB and back, on a connection at hand', large, kept(LARGE)),
    known('the same on a new connection', 2 + large, opened(0, LARGE)),
  ];
}

/**
 * Measures the line with nothing but a server that sends a byte back.
 *
 * @throws when it is not as far away as it should be
 */
export async function checkLine(open: OpenLine, distance: Distance): Promise<Table> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (chunk: Buffer) => {
      if (chunk.at(-1) === END) socket.write('.');
    });
    socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const rows: string[][] = [];
    for (const { title, ms, times, measure } of knownOf(distance)) {
      const measured: number[] = [];
      for (let i = 0; i < times; i++) measured.push(await measure(url));
      const spread = spreadOf(measured);
      rows.push([title, ms.toFixed(0), spreadText(spread, 0)]);
      // The least: a busy machine only adds to it.
      if (!spread || Math.abs(spread.min - ms) > TOLERANCE_MS) {
        throw new Error(`The line is not as it should be: ${rows.at(-1)?.join(', ')}`);
      }
    }
    return [['the line itself', 'due, ms', 'measured, ms'], ...rows];
  } finally {
    server.close();
  }
}
