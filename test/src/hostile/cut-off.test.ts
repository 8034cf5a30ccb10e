import { once } from 'node:events';
import { Agent } from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type Http2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createImgwire, isImgwireUploadError } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import imgwirePlugin from '@imgwire/fastify';
import fastify from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { NODE_TARGETS, type RunningTarget } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const png = await image('image/png');
const good = [{ name: 'a', fileName: 'a.png', bytes: png }];
const text = encodeForm([{ name: 'a', fileName: 'a.png', bytes: Buffer.alloc(300_000, 't') }]);

describe.each(NODE_TARGETS)('a client of $name whose rest is not read', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start({ ...overRest(emulator), stallTimeoutMs: 300 });
  });
  afterAll(async () => {
    agent.destroy();
    await app.close();
    await emulator.close();
  });

  it.each([
    ['that promises more than would be drained', text, { contentLength: 100 * 1024 * 1024 }, 415],
    ['that stalls', text.subarray(0, 1000), { contentLength: text.length }, 408],
  ])(
    'is told that the connection closes, and its next upload is stored: one %s',
    async (_name, bytes, sizes, status) => {
      const post = openPost(`${app.url}/any`, bytes.length, { ...sizes, agent });
      // The server may reset what is still being written, once its response was read.
      post.request.on('error', () => undefined);
      post.request.write(bytes);
      const answer = await post.answer;
      expect(answer.status, answer.text).toBe(status);
      expect(answer.headers.connection).toBe('close');
      expect((await postForm(`${app.url}/any`, good, { agent })).status).toBe(200);
      post.request.destroy();
    },
  );

  it('keeps its connection where the rest was read', async () => {
    const answer = await postForm(
      `${app.url}/any`,
      [{ ...good[0], bytes: Buffer.alloc(300_000, 't') } as never],
      {
        agent,
      },
    );
    expect(answer.status).toBe(415);
    expect(answer.headers.connection).toBe('keep-alive');
  });
});

/** Servers over HTTP/2 without TLS, whose /any takes uploads. */
const SERVERS: Readonly<
  Record<string, (emulator: Emulator) => Promise<{ server: Http2Server; close(): Promise<unknown> }>>
> = {
  "Node's http2": async (emulator) => {
    const imgwire = createImgwire(overRest(emulator));
    const receive = imgwire.receiver({ stallTimeoutMs: 300 });
    const server = createServer((req, res) => {
      receive(req as never, res as never).then(
        ({ files }) => res.end(String(files.length)),
        (error: unknown) => {
          res.statusCode = isImgwireUploadError(error) ? error.status : 500;
          res.end();
        },
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { server, close: () => imgwire.close() };
  },
  'Fastify with http2': async (emulator) => {
    const app = fastify({ http2: true });
    await app.register(imgwirePlugin, { ...overRest(emulator), stallTimeoutMs: 300 } as never);
    app.post('/any', { preHandler: app.imgwire.any() } as never, async () => 'stored');
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { server: app.server as unknown as Http2Server, close: () => app.close() };
  },
};

describe.each(Object.entries(SERVERS))('over %s', (_name, open) => {
  let emulator: Emulator;
  let running: { server: Http2Server; close(): Promise<unknown> };
  let session: ClientHttp2Session;
  const streams = new Set<Http2Stream>();
  beforeEach(async () => {
    emulator = await startEmulator();
    running = await open(emulator);
    running.server.on('session', (each) =>
      each.on('stream', (stream: Http2Stream) => {
        streams.add(stream);
        stream.once('close', () => streams.delete(stream));
      }),
    );
    session = connect(`http://127.0.0.1:${(running.server.address() as AddressInfo).port}`);
    session.on('error', () => undefined);
  });
  afterEach(async () => {
    session.destroy();
    running.server.close();
    await running.close();
    await emulator.close();
    streams.clear();
  });
  const post = (length: number): ReturnType<ClientHttp2Session['request']> => {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/any',
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': String(length),
    });
    stream.on('error', () => undefined);
    return stream;
  };
  const statusOf = async (stream: ReturnType<typeof post>): Promise<number> => {
    const [headers] = (await once(stream, 'response')) as [{ ':status': number }];
    return headers[':status'];
  };

  /** The ways an upload can end, and what the client does then: each with a status, or without. */
  const ENDS: Readonly<Record<string, (large: Buffer) => Promise<number | undefined>>> = {
    'that is stored': async (large) => {
      const stream = post(large.length);
      stream.end(large);
      return statusOf(stream.resume());
    },
    'that is refused, and whose client goes on to the end': async () => {
      const stream = post(text.length);
      stream.end(text);
      return statusOf(stream.resume());
    },
    'that is refused, and whose client is silent': async () => {
      const stream = post(text.length + 100_000);
      stream.write(text);
      return statusOf(stream.resume());
    },
    'that promises too much': async () => {
      const stream = post(10 * 1024 ** 4);
      stream.write(text);
      return statusOf(stream.resume());
    },
    'that stalls': async () => {
      const stream = post(text.length);
      stream.write(text.subarray(0, 1000));
      return statusOf(stream.resume());
    },
    'whose client leaves': async (large) => {
      const stream = post(large.length);
      stream.write(large.subarray(0, 400_000));
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
      stream.close(8);
      return undefined;
    },
  };

  it.each(Object.entries(ENDS))('leaves no stream of 20 uploads %s', async (_name, end) => {
    const bytes = await imageOfSize('image/jpeg', 600_000);
    const large = encodeForm([{ name: 'a', fileName: 'a.jpg', bytes }]);
    const statuses = await Promise.all(Array.from({ length: 20 }, () => end(large)));
    expect(new Set(statuses).size).toBe(1);
    await expect.poll(() => streams.size).toBe(0);
  });
});
