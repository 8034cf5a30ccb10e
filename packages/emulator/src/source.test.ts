import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { api, makePng, send } from './testing/client.ts';
import { type ForkedEmulator, forkEmulator } from './testing/fork-emulator.ts';

// In a process of its own, which an error that nobody hears ends.
let emulator: ForkedEmulator;
beforeAll(async () => {
  emulator = await forkEmulator({});
});
afterAll(() => emulator.kill());

const png = makePng(300, 200);
const HEADERS = `HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: ${png.length}\r\n\r\n`;

/** The address of a server that says something to whoever has sent a request. */
async function serve(speak: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => speak(socket));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.png`;
}

/** What is said arrives first: a reset overtakes nothing that the other side has read. */
const thenReset = (said: string | Buffer) => (socket: Socket) =>
  socket.write(said, () => setImmediate(() => socket.resetAndDestroy()));
const thenEnd = (said: string | Buffer) => (socket: Socket) => socket.end(said);
const withPart = (headers: string): Buffer => Buffer.concat([Buffer.from(headers), png.subarray(0, 100)]);

describe('an import whose source', () => {
  it.each<[string, (socket: Socket) => unknown]>([
    ['resets at once', (socket) => socket.resetAndDestroy()],
    ['resets within its headers', thenReset('HTTP/1.1 200 OK\r\nContent-Le')],
    ['resets behind its headers', thenReset(HEADERS)],
    ['resets within its body', thenReset(withPart(HEADERS))],
    ['resets within a chunk', thenReset('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc')],
    ['resets behind a 404', thenReset('HTTP/1.1 404 Not Found\r\nContent-Length: 1000\r\n\r\nabc')],
    [
      'resets behind a redirect',
      thenReset('HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 9\r\n\r\nabc'),
    ],
    ['ends at once', (socket) => socket.end()],
    ['ends within its headers', thenEnd('HTTP/1.1 200 OK\r\nContent-Le')],
    ['ends within its body', thenEnd(withPart(HEADERS))],
    ['ends within a chunk', thenEnd('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\nabc')],
    ['has chunks that are none', thenEnd('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n')],
    ['does not speak HTTP', thenEnd('SSH-2.0-OpenSSH_9.6\r\n')],
    ['redirects to no URL', thenEnd('HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n')],
    ['redirects to another scheme', thenEnd('HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/a\r\n\r\n')],
    ['redirects to itself', thenEnd('HTTP/1.1 302 Found\r\nLocation: /a.png\r\nConnection: close\r\n\r\n')],
  ])('%s is a 400 that leaves nothing, and the emulator lives', async (_name, speak) => {
    const url = await serve(speak);
    const { status, json } = await api(emulator, 'POST', '/images/upload_via_url', { url });
    expect([status, json]).toEqual([
      400,
      { detail: 'The URL did not answer with an image.', error_type: 'RequestError' },
    ]);
    expect((await api(emulator, 'GET', '/images/')).json).toEqual([]);
    expect((await send(`${emulator.url}/health`)).status).toBe(200);
    expect(emulator.child.exitCode).toBeNull();
  });

  it('resets when its image is stored does no harm', async () => {
    let source: Socket | undefined;
    const url = await serve((socket) => {
      source = socket;
      socket.write(Buffer.concat([Buffer.from(HEADERS), png]));
    });
    const { status, json } = await api(emulator, 'POST', '/images/upload_via_url', { url });
    expect([status, json.status, json.size_bytes]).toEqual([200, 'READY', png.length]);
    source?.resetAndDestroy();
    expect((await send(`${emulator.url}/health`)).status).toBe(200);
    expect(emulator.child.exitCode).toBeNull();
  });
});
