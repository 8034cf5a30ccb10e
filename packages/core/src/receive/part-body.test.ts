import { expect, it } from 'vitest';
import { openPartBody } from './part-body.ts';

const CHUNK = new Uint8Array(128 * 1024);

it('lets everybody go on who was held up, once there is room', async () => {
  const body = openPartBody();
  const held = [body.push(CHUNK), body.push(CHUNK)];
  let released = 0;
  for (const each of held) void each?.then(() => released++);
  await body.read();
  await new Promise(setImmediate);
  expect(released).toBe(0);
  await body.read();
  await new Promise(setImmediate);
  expect(released).toBe(2);
});

it('gives what is left before its end', async () => {
  const body = openPartBody();
  void body.push(Uint8Array.of(1));
  body.end();
  expect([await body.read(), await body.read(), await body.read()]).toEqual([
    Uint8Array.of(1),
    undefined,
    undefined,
  ]);
});

it('hands a chunk to the reader that waits for it, and the end as well', async () => {
  const body = openPartBody();
  const first = body.read();
  expect(body.push(CHUNK)).toBeUndefined();
  expect(await first).toBe(CHUNK);
  const second = body.read();
  body.end();
  expect(await second).toBeUndefined();
});
