import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from './index.ts';
import { CONTROL_ROUTES } from './routes/control.ts';
import { PAGE_ROUTES } from './routes/page.ts';

let emulator: Emulator;
const start = async (options: EmulatorOptions = {}): Promise<void> => {
  emulator = await startEmulator(options);
};
afterEach(() => emulator.close());

/** A request as a browser sends it that takes `host` for the emulator. */
async function ask(host: string, path: string, method = 'GET'): Promise<{ status: number; body: string }> {
  const headers = { host, authorization: `Bearer ${emulator.apiKey}`, 'content-type': 'application/json' };
  const { hostname, port } = new URL(emulator.url);
  const outgoing = request({ hostname, port, path, method, headers });
  outgoing.end(method === 'POST' ? '{"route":"health"}' : undefined);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: await text(response) };
}

describe('the page and the controls', () => {
  it.each([
    'localhost',
    'localhost:4010',
    'LocalHost:4010',
    'localhost.:4010',
    'app.localhost:4010',
    '127.0.0.1',
    '127.0.0.1:4010',
    '192.168.0.7:4010',
    '[::1]:4010',
    'imgwire',
    'imgwire:4010',
  ])('answer at %s', async (host) => {
    await start();
    expect((await ask(host, '/_emulator/connection')).body).toContain(emulator.apiKey);
    expect((await ask(host, '/')).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:4010',
    'localhost.evil.example:4010',
    '127.0.0.1.evil.example:4010',
    'evil.example.:4010',
    '[evil.example]:4010',
    'evil.example:80:80',
    '127.0.0.1@evil.example',
  ])('are refused at %s, which a page elsewhere can point here', async (host) => {
    await start();
    for (const { method, path } of [...PAGE_ROUTES, ...CONTROL_ROUTES]) {
      const { status, body } = await ask(host, path.replace(/\{\w+\}/, randomUUID()), method);
      expect([path, status]).toEqual([path, 403]);
      expect(body).toContain('publicUrl');
      expect(body).not.toContain(emulator.apiKey);
    }
    expect(emulator.faults.list()).toEqual([]);
  });

  it('answer at the name of the public URL, and at that of the option host', async () => {
    await start({ publicUrl: 'https://Images.example.com:8443/base' });
    expect((await ask('images.example.com:8443', '/_emulator/state')).status).toBe(200);
    expect((await ask('other.example.com', '/_emulator/state')).status).toBe(403);
    await emulator.close();
    await start({ host: 'LOCALHOST' });
    expect((await ask('localhost', '/_emulator/state')).status).toBe(200);
  });

  it('are all that is refused: the API has keys, and is found by any name', async () => {
    await start();
    expect((await ask('evil.example', '/api/v1/images/')).status).toBe(200);
    expect((await ask('evil.example', '/health')).status).toBe(200);
  });
});
