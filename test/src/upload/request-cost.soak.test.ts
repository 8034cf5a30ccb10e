import { Agent } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

const ROUNDS = 13;
/** Requests at once, as under load: connections between two requests have timers of their own. */
const AT_ONCE = 16;

type Counts = { readonly [name in 'promises' | 'timers' | 'controllers' | 'bytes']?: number };

let emulator: Emulator;
let server: Child;
let post: () => Promise<unknown>;
let ask: (path: string) => Promise<Counts>;
const agent = new Agent({ keepAlive: true });
beforeAll(async () => {
  emulator = await startEmulator();
  server = await startChild('counting-server.ts', overRest(emulator));
  const [url, control] = server.line.split(' ');
  const bytes = await imageOfSize('image/jpeg', 20_000);
  post = async () => {
    const { status } = await postForm(`${url}/single`, [{ name: 'avatar', fileName: 'a.jpg', bytes }], {
      agent,
    });
    expect(status).toBe(200);
  };
  ask = async (path) => (await fetch(control + path)).json() as Promise<Counts>;
  // What is compiled and cached meanwhile is no cost of a request.
  for (let i = 0; i < 3; i++) await postAll();
});
afterAll(async () => {
  agent.destroy();
  await endChild(server);
  await emulator.close();
});

async function postAll(): Promise<void> {
  for (let i = 0; i < ROUNDS; i++) await Promise.all(Array.from({ length: AT_ONCE }, post));
}

async function perRequest(from: string, to: string): Promise<Counts> {
  await ask(from);
  await postAll();
  const counts = Object.entries(await ask(to));
  return Object.fromEntries(counts.map(([name, count]) => [name, Math.round(count / (ROUNDS * AT_ONCE))]));
}

/** The least of up to three measures: no more are made once one is low enough. */
async function leastOf(sample: string, enough: number): Promise<number> {
  const measured: number[] = [];
  do measured.push((await perRequest(sample, '/sampled')).bytes ?? 0);
  while (Math.min(...measured) > enough && measured.length < 3);
  console.info(sample, measured);
  return Math.min(...measured);
}

it('takes at most 32 promises, 5 timers and no abort controller', async () => {
  const counts = await perRequest('/count', '/counted');
  console.info('for a file of 20 KB:', counts);
  expect(counts.promises).toBeLessThanOrEqual(32);
  // Three of them are those of Node and undici for an idle connection.
  expect(counts.timers).toBeLessThanOrEqual(5);
  expect(counts.controllers).toBe(0);
});

// What is sampled takes several measures.
if (inject('soak')) {
  it('allocates at most 95 KB of objects', async () => {
    // One allocation in a KiB is sampled: the same server differs by 2 KB.
    expect(await leastOf('/sample', 95_000)).toBeLessThanOrEqual(95_000);
  });

  // The shapes of objects live in old memory, where only a full collection looks. Express gives each request a shape of its own,
  // and every property that is added to it another: that is most of it.
  it('leaves at most 20 KB behind that only a full collection finds', async () => {
    // A dead object in old memory can keep whole requests until the next full collection: the least is without one.
    expect(await leastOf('/sample-kept', 20_000)).toBeLessThanOrEqual(20_000);
  });
}
