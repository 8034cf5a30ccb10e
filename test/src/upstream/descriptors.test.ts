import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConfinedServer, startConfined } from '../container/server.ts';
import { atOnce } from '../container/uploads.ts';
import { encodeForm, postBody } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

let emulator: Emulator;
let server: ConfinedServer;
beforeAll(async () => {
  emulator = await startEmulator();
  // Its clients take all that are left: it cannot open a connection to the service.
  server = await startConfined({ name: '', descriptors: 100 }, overRest(emulator));
});
afterAll(async () => {
  await server.close();
  await emulator.close();
});

const CROWD = atOnce('', 150, 60_000);
const REFUSED = '503 `UPSTREAM_UNAVAILABLE`';
const OUTCOMES = ['stored', REFUSED, 'connection closed'];

it('without descriptors refuses files or closes connections, logs each refusal once, reports no record as left behind, and serves the next one', async () => {
  const outcomes = await CROWD.send(server.url, emulator);
  const refused = outcomes.filter((outcome) => outcome === REFUSED);
  // Which of the two depends on whether a connection to the service was open in time.
  expect(outcomes.filter((outcome) => outcome !== 'stored')).not.toEqual([]);
  expect(outcomes.filter((outcome) => !OUTCOMES.includes(outcome))).toEqual([]);
  expect(server.told.filter(({ kind }) => kind === 'left')).toHaveLength(0);
  const { status } = await postBody(`${server.url}/single`, encodeForm([await photo()]));
  expect(status).toBe(200);
  const logged = server.told.filter(({ kind }) => kind === 'fault');
  expect(logged.map(({ code, cause }) => `${code} ${cause}`)).toEqual(
    refused.map(() => 'UPSTREAM_UNAVAILABLE EMFILE'),
  );
});

it('without descriptors refuses no file as a fault of the temporary folder, which can be written', async () => {
  // Fewer clients than descriptors, but not enough for their copies as well.
  const outcomes = await atOnce('', 60, 900_000, { chunked: true }).send(server.url, emulator);
  expect(outcomes.filter((outcome) => outcome.startsWith('500'))).toEqual([]);
  expect(server.told.filter(({ code }) => code === 'TEMPORARY_FILE_FAILED')).toEqual([]);
});

const photo = async (): Promise<{ name: string; fileName: string; bytes: Buffer }> => ({
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', 200_000),
});
