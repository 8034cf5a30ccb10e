import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { type Answer, encodeForm, postBody } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { overRest } from '../support/upload-suite.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
/** A file that outgrows its limit fails as one on a full disk does: here within the first bytes. */
const MOST = 4 * KIB;

let emulator: Emulator;
let server: Child;
beforeEach(async () => {
  // The loader of the child would write into the same folder.
  vi.stubEnv('TSX_DISABLE_CACHE', '1');
  emulator = await startEmulator();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  expect(openTemporaryFiles(server.pid)).toEqual([]);
  await endChild(server);
  await emulator.close();
});

const start = async (options: object = {}): Promise<void> => {
  server = await startChild('upload-server.ts', { ...overRest(emulator), ...options }, [], MOST);
};
const formOf = async (bytes: number): Promise<Buffer> =>
  encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', bytes) }]);
const expectStored = ({ status, text }: Answer): void => expect(status, text).toBe(200);

it('with a full temporary folder stores a file of unknown length that memory may hold', async () => {
  await start();
  expectStored(await postBody(`${server.line}/single`, await formOf(5 * MIB), { chunked: true }));
});

// A server whose loader may write nothing takes seconds to start. Files one after another: see `temporary-folder.soak.test.ts`.
if (inject('soak')) {
  it('with a full temporary folder stores files of known length when more arrive than there are transfers', async () => {
    await start({ maxConcurrentUploads: 2, maxReplayBytes: 0 });
    // The first one holds the only transfer that a file may have while it arrives.
    emulator.faults.add({ route: 'put', readBytesPerSecond: 500_000 });
    const form = await formOf(2 * MIB);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => postBody(`${server.line}/single`, form)),
    );
    for (const answer of answers) expectStored(answer);
  });
}
