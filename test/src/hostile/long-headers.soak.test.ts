import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { growth, LINEAR, steepOf } from '../support/growth.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS } from '../support/targets.ts';
import { TOKEN_TARGETS } from '../support/token-targets.ts';
import { overRest } from '../support/upload-suite.ts';

// Node takes headers of 16 KiB in all. What is read of them before anybody is asked for who they are must cost next to nothing.

/** What a header takes: one byte for each character. */
const asHeader = (value: string): string =>
  Buffer.from(value)
    .toString('latin1')
    .replace(/[^\t\x20-\x7e\x80-\xff]/g, '')
    .slice(0, 14_000);

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
afterAll(() => agent.destroy());

/** Posts nothing with these headers, which is refused, or accepted, whatever they are. */
async function post(url: string, headers: Readonly<Record<string, string>>): Promise<void> {
  const outgoing = request(url, { agent, method: 'POST', headers: { 'content-length': 0, ...headers } });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await response.resume().toArray();
}

const CONTENT_TYPES: ReadonlyArray<readonly [string, (text: string) => string]> = [
  ['behind its boundary', (text) => `multipart/form-data; boundary=b${text}x`],
  ['in its quoted boundary', (text) => `multipart/form-data; boundary="${text}x`],
  ['in front of its boundary', (text) => `multipart/form-data;${text}x; boundary=b`],
];

describe.each(sample(TARGETS))(
  'on $name, the work for a request grows as its content type does',
  (target) => {
    let emulator: Emulator;
    let app: RunningTarget;
    beforeAll(async () => {
      emulator = await startEmulator();
      app = await target.start(overRest(emulator));
    });
    afterAll(async () => {
      await app.close();
      await emulator.close();
    });

    it.each(CONTENT_TYPES)('with what a client repeats %s', async (_where, typeOf) => {
      const send = (text: string): Promise<void> =>
        post(`${app.url}/single`, { 'content-type': asHeader(typeOf(text)) });
      expect(await steepOf(6_500, send)).toEqual([]);
    });
  },
);

describe.each(sample(TOKEN_TARGETS))('on $name, the work for a token grows as its headers do', (target) => {
  it.each(['origin', 'host', 'sec-fetch-site'])('with what a client repeats in %s', async (name) => {
    const emulator = await startEmulator();
    const app = await target.start({ ...overRest(emulator), logger: {} } as never, {
      authorize: () => false,
      allowedOrigins: ['https://app.example.com'],
    });
    const scheme = name === 'origin' ? 'https://' : '';
    const headers = name === 'host' ? { origin: 'https://a.example' } : {};
    const send = (size: number): Promise<void> =>
      post(`${app.url}/token`, { ...headers, [name]: `${scheme}${'a.'.repeat(size / 2)}` });
    expect(await growth(send, 6_500)).toBeLessThan(LINEAR);
    await app.close();
    await emulator.close();
  });
});
