import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles, temporaryDirectory } from '../support/leftovers.ts';
import type { RunningTarget } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { DRIVERS } from './drivers/drivers.ts';
import { startProgram } from './drivers/programs.ts';
import { halfWay } from './half-way.ts';
import { SERVERS } from './servers.ts';
import { CLIENTS, type Client, type ClientName } from './table.ts';

const MIB = 1024 * 1024;
const SIZE = 48 * MIB;

/** The clients that are a program of their own, to be killed. Of Node's, test/src/hostile/abort.test.ts has one for all. */
const clients = CLIENTS.flatMap((client: Client & { readonly name: ClientName }) => {
  const { command } = DRIVERS[client.name];
  return command ? [{ ...client, command }] : [];
});
const path = join(temporaryDirectory, 'large.jpg');
const form = [{ name: 'avatar', fileName: 'large.jpg', type: 'image/jpeg', path }];

beforeAll(async () => writeFile(path, await imageOfSize('image/jpeg', SIZE)));
afterAll(() => rm(path));

const ONE_OF_EACH = SERVERS.filter(({ name, http2 }) => name === (http2 ? 'core over HTTP/2' : 'Express 5'));

describe.each(ONE_OF_EACH)('a client that is killed in the middle of 48 MiB to $name', ({ start, http2 }) => {
  let emulator: Emulator;
  let app: RunningTarget;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await start(overRest(emulator));
  });
  beforeEach(async () => {
    app.errors.length = 0;
    await emulator.reset();
  });
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });

  it.each(clients.filter((client) => (client.http2 ?? false) === http2))(
    '$name leaves nothing behind',
    async ({ command, body }) => {
      const proxy = await halfWay(app.url, SIZE / 2);
      const client = startProgram(command);
      const response = client.send(`${proxy.url}/single`, form).catch(() => undefined);
      await Promise.race([
        proxy.reached,
        response.then((early) => Promise.reject(new Error(`it has ended: ${JSON.stringify(early)}`))),
      ]);
      if (body === 'Content-Length')
        await emulator.waitFor((e) =>
          e.requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > MIB),
        );
      await client.kill();
      proxy.open();
      await expect.poll(() => app.errors).toMatchObject([{ code: 'CLIENT_ABORTED' }]);
      await emulator.waitFor((e) => e.images.list().length === 0);
      await expect.poll(() => openTemporaryFiles()).toEqual([]);
      expect(namedTemporaryFiles()).toEqual([]);
      await proxy.close();
    },
  );
});
