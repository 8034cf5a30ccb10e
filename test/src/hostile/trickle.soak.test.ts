import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { BOUNDARY } from '../support/client.ts';
import type { Crowd, CrowdReport, Fared } from '../support/crowd.ts';
import { residentBytes } from '../support/leftovers.ts';
import { overRest } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
const NOTHING = { active: 0, waiting: 0, oldestWaitMs: 0, bufferedBytes: 0, replayBytes: 0, diskBytes: 0 };

let emulator: Emulator;
let server: Child;
let others: Child[];
beforeEach(async () => {
  others = [];
  emulator = await startEmulator();
  server = await startChild('usage-server.ts', overRest(emulator));
});
afterEach(async () => {
  for (const child of [...others, server]) await endChild(child, 'SIGKILL');
  await emulator.close();
});

const usage = async (): Promise<{ readonly usage: object; readonly descriptors: number }> => {
  const response = await fetch(`${server.line}/usage`);
  return (await response.json()) as { usage: object; descriptors: number };
};

/** Ten clients that send 5 MB each as fast as they can. */
const fastClients = async (): Promise<Fared> => {
  const crowd: Crowd = {
    slow: { count: 0, least: 1, most: 1, atOnce: 0, ms: 1, end: 'never' },
    fast: [{ count: 10, bytes: 5_000_000, ms: 500 }],
    fastAfterMs: 0,
  };
  const clients = await startChild('crowd-clients.ts', { url: server.line, crowd });
  const [fared] = (JSON.parse(clients.line) as CrowdReport).fast as [Fared];
  expect(fared).toMatchObject({ stored: 10, refused: {} });
  return fared;
};

describe.each([64, 200])('%i clients that send one byte in each packet', (count) => {
  it.each([
    ['from the start', 250],
    ['after 400 KB', 400_000],
  ])('hold up no fast one, and take little memory: %s', async (_name, atOnce) => {
    // The code is compiled.
    await fastClients();
    const alone = await fastClients();
    const before = residentBytes(server.pid);
    others.push(await startChild('one-byte-clients.ts', { url: server.line, count, atOnce, packets: 4000 }));
    // Others use this machine too, and a pause of theirs is in one run or two: what the slow clients hold up is in all of them.
    let beside = await fastClients();
    for (let run = 1; run < 5; run++) {
      const next = await fastClients();
      if (next.p50 < beside.p50) beside = next;
    }
    const grown = residentBytes(server.pid) - before;
    console.info(
      `${count} clients, ${atOnce} bytes at once: ${alone.p50}/${alone.p99} ms alone, ${beside.p50}/${beside.p99} ms beside them, ${Math.round(grown / MIB)} MiB more`,
    );
    expect(beside.p50 / alone.p50).toBeLessThan(10);
    expect(grown).toBeLessThan(200 * MIB);
    for (const child of others) await endChild(child, 'SIGKILL');
    await expect.poll(async () => (await usage()).usage).toEqual(NOTHING);
    await emulator.waitFor(({ images }) => images.list().every(({ status }) => status !== 'PENDING'));
  });
});

it('leaves nothing of connections that stop after the headers of a part', async () => {
  const count = 2000;
  await fastClients();
  const before = await usage();
  const head =
    `POST /single HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: 900000\r\n\r\n` +
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="avatar"; filename="a.jpg"\r\n\r\n`;
  const open = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(server.line).port), '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(head);
    return socket;
  };
  const sockets: Socket[] = [];
  while (sockets.length < count) sockets.push(...(await Promise.all(Array.from({ length: 100 }, open))));
  await expect.poll(async () => (await usage()).descriptors).toBeGreaterThan(before.descriptors + count - 50);
  // What has sent no byte takes nothing.
  expect((await usage()).usage).toEqual(NOTHING);
  await fastClients();
  for (const socket of sockets) socket.destroy();
  await expect.poll(async () => (await usage()).descriptors).toBeLessThanOrEqual(before.descriptors + 10);
  expect((await usage()).usage).toEqual(NOTHING);
  expect(emulator.images.list().every(({ status }) => status !== 'PENDING')).toBe(true);
});
