import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { BOUNDARY, encodeForm, openPost, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles, residentBytes } from '../support/leftovers.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

const MIB = 1024 * 1024;
/** Either way, more than twice of what the process may grow by. */
const { files, megabytes } = inject('soak') ? { files: 32, megabytes: 50 } : { files: 7, megabytes: 20 };

let emulator: Emulator;
let server: Child;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'emulator-'));
  emulator = await startEmulator({ dir });
});
afterEach(async () => {
  await endChild(server);
  await emulator.close();
  await rm(dir, { recursive: true, force: true });
});

const SERVERS = [
  ['Express', 'upload-server.ts'],
  ['web', 'web-upload-server.ts'],
  ['Express with a scan', 'scanning-upload-server.ts'],
] as const;
const ARRIVAL = `grows by less than 64 MiB while ${files} files of ${megabytes} MB arrive at once, on %s`;

it.each(inject('soak') ? SERVERS : SERVERS.slice(0, 1))(ARRIVAL, async (name, program) => {
  // V8 lets its young generation grow under load, on Node 26 by more than the growth that is looked for here.
  server = await startChild(program, overRest(emulator), ['--max-semi-space-size=4']);
  const bytes = await imageOfSize('image/jpeg', megabytes * 1_000_000);
  const parts = [{ name: 'avatar', fileName: 'a.jpg', bytes }];
  // The code is loaded and compiled before the measure is taken.
  for (let i = 0; i < 3; i++) await postForm(`${server.line}/single`, parts);
  const before = residentBytes(server.pid);
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.pid));
  }, 20);
  const body = encodeForm(parts);
  const answers = await Promise.all(
    Array.from({ length: files }, () => {
      const post = openPost(`${server.line}/single`, body.length);
      post.request.end(body);
      return post.answer;
    }),
  );
  clearInterval(sampling);
  expect(answers.map(({ status }) => status)).toEqual(Array(files).fill(200));
  const digests = new Set(answers.map(({ json }) => emulator.images.sha256(json.images[0].id)));
  expect([...digests]).toEqual([sha256(bytes)]);
  console.info(
    `${name}: ${files} × ${megabytes} MB: resident ${Math.round(before / MIB)} MiB, peak +${Math.round((peak - before) / MIB)} MiB`,
  );
  expect(peak - before).toBeLessThan(64 * MIB);
});

const { trickling, trickled } = inject('soak')
  ? { trickling: 8, trickled: 200_000 }
  : { trickling: 2, trickled: 60_000 };
it(`grows by less than 64 MiB while ${trickling} files arrive in chunks of one byte`, async () => {
  server = await startChild('upload-server.ts', overRest(emulator), ['--max-semi-space-size=4']);
  // Within the read-ahead: all of it waits in memory.
  const parts = [{ name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', trickled) }];
  await postForm(`${server.line}/single`, parts);
  const before = residentBytes(server.pid);
  let peak = before;
  const sampling = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.pid));
  }, 20);
  const chunks = [...encodeForm(parts)].map((byte) => Buffer.from([0x31, 13, 10, byte, 13, 10]));
  const type = `multipart/form-data; boundary=${BOUNDARY}`;
  const head = `POST /single HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\ncontent-type: ${type}\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')]);
  const answers = await Promise.all(
    Array.from({ length: trickling }, async () => {
      const socket = connect(Number(new URL(server.line).port), '127.0.0.1');
      socket.write(request);
      return text(socket);
    }),
  );
  clearInterval(sampling);
  expect(answers.map((answer) => answer.slice(0, 15))).toEqual(Array(trickling).fill('HTTP/1.1 200 OK'));
  console.info(`${trickling} in chunks of one byte: peak +${Math.round((peak - before) / MIB)} MiB`);
  expect(peak - before).toBeLessThan(64 * MIB);
});

it('leaves no temporary file when it is killed in the middle of an upload', async () => {
  server = await startChild('upload-server.ts', { ...overRest(emulator), maxReplayBytes: 0 });
  const body = encodeForm([
    { name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 8 * MIB) },
  ]);
  const post = openPost(`${server.line}/single`, body.length);
  await post.write(body.subarray(0, 4 * MIB));
  await emulator.waitFor(({ requests }) =>
    requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > MIB),
  );
  expect(openTemporaryFiles(server.pid)).toHaveLength(1);
  await endChild(server, 'SIGKILL');
  expect(namedTemporaryFiles()).toEqual([]);
});
