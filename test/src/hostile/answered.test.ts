import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Child, endChild, startChild } from '../support/child.ts';
import { encodeForm, openPost, type PostOptions } from '../support/client.ts';
import { image } from '../support/images.ts';

const form = encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }]);
const url = Buffer.from('{"url":"https://a.example.com/a.png"}');
const JSON_BODY: PostOptions = { headers: { 'content-type': 'application/json' } };

/** What each endpoint is sent. */
const BODIES: Readonly<Record<string, readonly [Buffer, PostOptions]>> = {
  token: [url, JSON_BODY],
  upload: [form, {}],
  import: [url, JSON_BODY],
  call: [url, JSON_BODY],
};

const ENDPOINTS: ReadonlyArray<[adapter: string, endpoints: readonly string[]]> = [
  ['Express 4', ['token', 'upload', 'import']],
  ['Express 5', ['token', 'upload', 'import']],
  ['Nest on Express', ['token', 'upload', 'call']],
  ['Nest on Fastify', ['token', 'upload', 'call']],
];

describe('an answer that goes out before its handler has ended', () => {
  let emulator: Emulator;
  let child: Child;
  let addresses: Record<string, string>;
  beforeAll(async () => {
    emulator = await startEmulator();
    child = await startChild('answering-server.ts', { apiKey: emulator.apiKey, baseUrl: emulator.url });
    addresses = JSON.parse(child.line);
  });
  afterAll(async () => {
    await endChild(child);
    await emulator.close();
  });

  const post = async (path: string, [body, options]: readonly [Buffer, PostOptions]): Promise<unknown> => {
    const sending = openPost(path, body.length, options);
    sending.request.end(body);
    const { status, text } = await sending.answer;
    return [status, text];
  };
  const isAlive = async (address: string | undefined): Promise<void> => {
    const answer = await post(`${address}/token/ok`, [url, JSON_BODY]);
    expect(answer).toEqual([200, expect.stringContaining('uploadToken')]);
  };
  const cases = ENDPOINTS.flatMap(([adapter, endpoints]) =>
    endpoints.flatMap((endpoint) =>
      [
        ['authorize itself', 'self', 401],
        ['a timer', 'timer', 503],
      ].map(([who, path, status]) => [adapter, endpoint, who, path, status] as const),
    ),
  );

  it.each(cases)('stands, and nothing falls over: on %s, of the %s, by %s', async (...of) => {
    const [adapter, endpoint, , path, status] = of;
    const address = addresses[adapter];
    expect(await post(`${address}/${endpoint}/${path}`, BODIES[endpoint] ?? [url, {}])).toEqual([
      status,
      'first',
    ]);
    await isAlive(address);
  });

  it.each(ENDPOINTS)('may only have begun: on %s', async (adapter, endpoints) => {
    const address = addresses[adapter];
    for (const endpoint of endpoints) {
      const answer = post(`${address}/${endpoint}/begun`, BODIES[endpoint] ?? [url, {}]);
      // Where a failure can no more be told it cuts the answer off: Express does, and so does Nest.
      if (endpoint === 'token') expect(await answer).toEqual([401, 'first']);
      else await answer.catch(() => undefined);
      await isAlive(address);
    }
  });

  it('has left the process alive, and no image', () => {
    expect([child.process.exitCode, child.process.signalCode]).toEqual([null, null]);
    expect(emulator.images.list()).toEqual([]);
  });
});
