import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Part } from '../support/client.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';
import { DRIVERS } from './drivers/drivers.ts';
import { endPrograms } from './drivers/programs.ts';
import { FORMS } from './forms.ts';
import { observe } from './observe.ts';
import { SERVERS } from './servers.ts';
import { CLIENTS, type Client, lengthSourceOf } from './table.ts';

afterAll(endPrograms);

/** undici sends a line end behind its last boundary since 6.21.3. A Node that has an older one inside does not. */
const oldInside = (process.versions['undici'] ?? '').localeCompare('6.21.3', 'en', { numeric: true }) < 0;
const clients = CLIENTS.map((client) => ({
  ...(client as Client),
  ...('ofNode' in client && oldInside && ({ end: '', untold: true } as const)),
  name: client.name,
}));

it.each(clients)(
  '$name sends what its row of packages/core/docs/clients.md says',
  async ({ name, body, end, http2 }) => {
    expect(await observe(DRIVERS[name], FORMS.large, http2)).toEqual({ body, end });
  },
);

const lastOfEachName = (parts: readonly Part[]): Part[] =>
  parts.filter(({ name }, index) => parts.findLastIndex((part) => part.name === name) === index);

const READ_AHEAD = 256 * 1024;

describe.each(SERVERS.flatMap((server) => [true, false].map((replay) => ({ ...server, replay }))))(
  '$name, replay: $replay',
  ({ start, http2, replay }) => {
    let emulator: Emulator;
    beforeAll(async () => {
      emulator = await startEmulator();
    });
    beforeEach(() => emulator.reset());
    afterAll(() => emulator.close());

    /** What became of a form, on a route that has seen no other: it would have learned from that. */
    const seen = async (client: (typeof clients)[number], parts: readonly Part[]): Promise<object> => {
      const app = await start({ ...overRest(emulator), replay });
      const sent = await Promise.allSettled([DRIVERS[client.name](`${app.url}/fields`, parts)]);
      await app.close();
      if (sent[0].status === 'rejected') throw sent[0].reason;
      const { status, text } = sent[0].value;
      const { code, body, images, files } = JSON.parse(text);
      if (status !== 200) return { status, code, left: emulator.images.list() };
      const calls = emulator.requests.map(({ route }) => route);
      return {
        fields: body,
        files: files.map(
          ({ fieldname, originalname, lengthSource }: Record<string, string>, index: number) => ({
            ...{ fieldname, originalname, lengthSource },
            sha256: emulator.images.sha256(images[index].id),
          }),
        ),
        creates: calls.filter((route) => route === 'create').length,
        puts: calls.filter((route) => route === 'put').length,
      };
    };

    /** What should become of it. */
    const due = (client: Client, parts: readonly Part[]): object => {
      const long = lengthSourceOf(client, replay);
      const files = parts.flatMap((part) => ('value' in part ? [] : [part]));
      const hasLong = files.some(({ bytes }) => bytes.length > READ_AHEAD);
      if (hasLong && !long) return { status: 411, code: 'LENGTH_REQUIRED', left: [] };
      const calls = files.length + (hasLong && long === 'replay' ? 1 : 0);
      return {
        fields: Object.fromEntries(
          parts.flatMap((part) => ('value' in part ? [[part.name, part.value]] : [])),
        ),
        files: files.map(({ name, fileName, bytes }) => ({
          fieldname: name,
          originalname: fileName,
          lengthSource: bytes.length > READ_AHEAD ? long : 'read-ahead',
          sha256: sha256(bytes),
        })),
        creates: calls,
        puts: calls,
      };
    };

    it.each(clients.filter((client) => (client.http2 ?? false) === http2))(
      'takes the forms of $name, byte by byte',
      async (client) => {
        for (const [name, parts] of Object.entries(FORMS)) {
          const sent = client.uniqueNames ? lastOfEachName(parts) : parts;
          expect(await seen(client, sent), name).toEqual(due(client, sent));
          await emulator.reset();
        }
      },
    );
  },
);
