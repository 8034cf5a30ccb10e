import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { describe, inject, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { sample } from '../support/sample.ts';
import { overRest } from '../support/upload-suite.ts';
import { HTTP2_SERVERS, TLS, watchOpen } from './http2-servers.ts';

const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;
const large = encodeForm([{ name: 'a', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 350_000) }]);
const text = encodeForm([{ name: 'a', fileName: 'a.png', bytes: Buffer.alloc(300_000, 't') }]);
const noForm = Buffer.alloc(1000, 'x');

/** A way an upload can end. */
interface End {
  readonly path: string;
  readonly type?: string;
  /** What the client sends; `promised` bytes of which more would come, where it says so. */
  readonly sent: Buffer;
  readonly promised?: number;
  /** What the client does then: it ends its body, goes on to send and to end it once it is answered, or is silent. */
  readonly behind: 'ends' | 'goes on' | 'is silent' | 'leaves';
  readonly status?: number;
}

const more = (sent: Buffer): { sent: Buffer; promised: number } => ({
  sent,
  promised: sent.length + 100_000,
});
const begun = { sent: large.subarray(0, 200_000), promised: large.length };
const few = { sent: large.subarray(0, 1000), promised: large.length };
const TERABYTES = 10 * 1024 ** 4;

const ENDS: Readonly<Record<string, End>> = {
  'is stored': { path: 'any', sent: large, behind: 'ends', status: 200 },
  'is stored, and whose handler fails': { path: 'broken', sent: large, behind: 'ends', status: 500 },
  'is no image, and whose client ends': { path: 'any', sent: text, behind: 'ends', status: 415 },
  'is no image, and whose client goes on': { path: 'any', ...more(text), behind: 'goes on', status: 415 },
  'is no image, and whose client is silent': { path: 'any', ...more(text), behind: 'is silent', status: 415 },
  'is not authorized, and whose client ends': { path: 'denied', sent: large, behind: 'ends', status: 403 },
  'is not authorized, and whose client goes on': { path: 'denied', ...few, behind: 'goes on', status: 403 },
  'is not authorized, and whose client is silent': {
    path: 'denied',
    ...few,
    behind: 'is silent',
    status: 403,
  },
  'is not authorized before its first byte': {
    ...{ path: 'denied', sent: Buffer.alloc(0), promised: 1000, behind: 'is silent', status: 403 },
  },
  'is too large, and whose client ends': { path: 'small', sent: large, behind: 'ends', status: 413 },
  'is too large, and whose client goes on': { path: 'small', ...begun, behind: 'goes on', status: 413 },
  'is too large, and whose client is silent': { path: 'small', ...begun, behind: 'is silent', status: 413 },
  'promises too much': { path: 'any', sent: few.sent, promised: TERABYTES, behind: 'is silent', status: 413 },
  'ends before its form does': { path: 'any', sent: begun.sent, behind: 'ends', status: 400 },
  stalls: { path: 'impatient', ...few, behind: 'is silent', status: 408 },
  'stalls before its first byte': {
    ...{ path: 'impatient', sent: Buffer.alloc(0), promised: 1000, behind: 'is silent', status: 408 },
  },
  'is answered early, and whose client goes on': { path: 'early', ...few, behind: 'goes on', status: 503 },
  'is answered early, and whose client is silent': {
    path: 'early',
    ...few,
    behind: 'is silent',
    status: 503,
  },
  'is left by its client': { path: 'any', ...begun, behind: 'leaves' },
  'is left by its client before its first byte': {
    ...{ path: 'any', sent: Buffer.alloc(0), promised: 1000, behind: 'leaves' },
  },
  'is no form, and whose client ends': {
    ...{ path: 'any', type: 'application/octet-stream', sent: noForm, behind: 'ends', status: 415 },
  },
  'is no form, and whose client is silent': {
    ...{ path: 'any', type: 'application/octet-stream', ...more(noForm), behind: 'is silent', status: 415 },
  },
};
const UPLOADS = inject('soak') ? 20 : 8;

interface Opened {
  readonly emulator: Emulator;
  readonly open: ReturnType<typeof watchOpen>;
  readonly session: ClientHttp2Session;
}

/** A server of its own for each case: they run side by side, since many wait for a client that is silent. */
async function openServer(
  start: (typeof HTTP2_SERVERS)[string],
  onTestFinished: (close: () => Promise<void>) => void,
): Promise<Opened> {
  const emulator = await startEmulator();
  const running = await start(overRest(emulator));
  const open = watchOpen(running.server);
  const { port } = running.server.address() as AddressInfo;
  const session =
    'setSecureContext' in running.server
      ? connect(`https://127.0.0.1:${port}`, { ...TLS, rejectUnauthorized: false })
      : connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  onTestFinished(async () => {
    session.destroy();
    await running.close();
    await emulator.close();
  });
  return { emulator, open, session };
}

function post(session: ClientHttp2Session, end: End): ClientHttp2Stream {
  const { path, type = MULTIPART, sent, promised = sent.length } = end;
  const stream = session.request({
    ':method': 'POST',
    ':path': `/${path}`,
    'content-type': type,
    'content-length': String(promised),
  });
  stream.on('error', () => undefined);
  stream.write(sent);
  return stream;
}

/** Resolves with the status. */
async function finish(stream: ClientHttp2Stream, end: End): Promise<number | undefined> {
  if (end.behind === 'ends') stream.end();
  if (end.behind === 'leaves') {
    stream.close(constants.NGHTTP2_CANCEL);
    return undefined;
  }
  const [headers] = (await once(stream.resume(), 'response')) as [{ ':status': number }];
  if (end.behind === 'goes on') stream.end(Buffer.alloc((end.promised ?? 0) - end.sent.length));
  return headers[':status'];
}

describe.each(sample(Object.entries(HTTP2_SERVERS)))('over HTTP/2, on %s,', (server, start) => {
  // A pipe has begun to read the body that Fastify refuses then: on this server it is open without us too.
  const ends = Object.entries(ENDS).filter(
    ([how]) => !(server.includes('pipes') && how === 'is no form, and whose client is silent'),
  );

  it.concurrent.for(ends)(
    `${UPLOADS} uploads leave no stream: each %s`,
    async ([, end], { expect, onTestFinished }) => {
      const { emulator, open, session } = await openServer(start, onTestFinished);
      const streams = Array.from({ length: UPLOADS }, () => post(session, end));
      if (end.behind === 'leaves') await expect.poll(open.streams).toHaveLength(UPLOADS);
      const statuses = await Promise.all(streams.map((stream) => finish(stream, end)));
      expect(statuses).toEqual(Array(UPLOADS).fill(end.status));
      await expect.poll(open.streams).toEqual([]);
      expect(open.sessions()).toBe(1);
      const stored = end.status === 200 ? UPLOADS : 0;
      await expect.poll(() => emulator.images.list()).toHaveLength(stored);
    },
  );

  it('says that a client has left, not that its response was sent', async ({ expect, onTestFinished }) => {
    const { session } = await openServer(start, onTestFinished);
    const events: unknown[] = [];
    const onEvent = (message: unknown): void => void events.push(message);
    const names = ['imgwire:request:started', 'imgwire:request:failed'];
    for (const name of names) subscribe(name, onEvent);
    const stream = post(session, { path: 'any', ...begun, behind: 'leaves' });
    await expect.poll(() => events).toHaveLength(1);
    stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => events.at(-1)).toMatchObject({ error: { code: 'CLIENT_ABORTED' } });
    for (const name of names) unsubscribe(name, onEvent);
  });

  it.concurrent('leaves no session of a client that leaves in the middle of all of them', async ({
    expect,
    onTestFinished,
  }) => {
    const { open, session } = await openServer(start, onTestFinished);
    for (const end of Object.values(ENDS).filter(({ behind }) => behind !== 'leaves')) post(session, end);
    await expect.poll(() => open.streams().length).toBeGreaterThan(0);
    session.destroy();
    await expect.poll(open.sessions).toBe(0);
    await expect.poll(open.streams).toEqual([]);
  });
});
