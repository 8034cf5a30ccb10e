import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { imageOfSize } from '../support/images.ts';
import type { RunningTarget } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';
import { run } from './drivers/programs.ts';
import { SERVERS } from './servers.ts';

/** How curl sends a file without a form, and how its length is known if it is above the read-ahead. */
const WAYS: ReadonlyArray<readonly [args: readonly string[], lengthSource: string]> = [
  [['--upload-file', 'FILE'], 'declared'],
  [['--request', 'POST', '--header', 'Content-Type: image/jpeg', '--data-binary', '@FILE'], 'declared'],
  [['--header', 'Transfer-Encoding: chunked', '--upload-file', 'FILE'], 'spool'],
];

describe.each(SERVERS)('curl without a form to $name', ({ start, http2 }) => {
  let emulator: Emulator;
  let app: RunningTarget;
  let directory: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await start(overRest(emulator));
    directory = await mkdtemp(join(tmpdir(), 'clients-'));
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await app.close();
    await emulator.close();
    await rm(directory, { recursive: true });
  });

  for (const [args, lengthSource] of WAYS) {
    // HTTP/2 has no transfer codings (RFC 9113, section 8.2.2).
    if (http2 && lengthSource === 'spool') continue;
    it.each([5000, 3 * 1024 * 1024])(`stores %i bytes by ${args.join(' ')}`, async (size) => {
      const bytes = await imageOfSize('image/jpeg', size);
      const path = join(directory, String(size));
      await writeFile(path, bytes);
      const given = [...args.map((arg) => arg.replace('FILE', path)), `${app.url}/body`];
      const output = await run('curl', ['--silent', ...(http2 ? ['--http2-prior-knowledge'] : []), ...given]);
      const { images, files } = JSON.parse(output);
      expect(files).toMatchObject([{ size, lengthSource: size > 5000 ? lengthSource : 'read-ahead' }]);
      expect(emulator.images.sha256(images[0].id)).toBe(sha256(bytes));
      expect(emulator.images.list()).toHaveLength(1);
    });
  }
});
