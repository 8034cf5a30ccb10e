import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Part } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import type { RunningTarget } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';
import { DRIVERS } from './drivers/drivers.ts';
import { endPrograms } from './drivers/programs.ts';
import { SERVERS } from './servers.ts';
import { CLIENTS, type Client, type ClientName } from './table.ts';

const MIB = 1024 * 1024;
/** More than the buffers of a connection hold, so that the client is still sending when the form is rejected. */
const SIZE = 16 * MIB;

const file = (type: string, bytes: Uint8Array): Part[] => [
  { name: 'avatar', fileName: 'a.jpg', type, bytes },
];

const REJECTED = [
  { status: 413, code: 'LIMIT_FILE_SIZE', parts: file('image/jpeg', await imageOfSize('image/jpeg', SIZE)) },
  { status: 415, code: 'UNSUPPORTED_IMAGE_TYPE', parts: file('image/jpeg', Buffer.alloc(SIZE, 'text')) },
];

const clients: ReadonlyArray<Client & { readonly name: ClientName }> = CLIENTS;

afterAll(endPrograms);

/** They reject as the others do, and every client against each would take minutes. */
const OTHERS = ['Express 4', 'Fastify', 'web', 'Nest on Express'];

describe.each(SERVERS.filter(({ name }) => !OTHERS.includes(name)))(
  'rejected by $name',
  ({ start, http2 }) => {
    let emulator: Emulator;
    let app: RunningTarget;
    beforeAll(async () => {
      emulator = await startEmulator();
      app = await start({ ...overRest(emulator), limits: { fileSize: MIB, requestSize: 2 * SIZE } });
    });
    afterAll(async () => {
      await app.close();
      await emulator.close();
    });

    it.each(clients.filter((client) => (client.http2 ?? false) === http2))(
      '$name gets the response, though it has more to send',
      async ({ name }) => {
        for (const { status, code, parts } of REJECTED) {
          const { text, ...received } = await DRIVERS[name](`${app.url}/single`, parts);
          expect({ ...received, ...JSON.parse(text) }).toMatchObject({ status, code });
        }
        expect(emulator.images.list()).toEqual([]);
      },
    );
  },
);
