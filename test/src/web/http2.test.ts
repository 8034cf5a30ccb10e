import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type Http2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, imgwireUpload, type UploadRules } from '@imgwire/web';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { overRest } from '../support/upload-suite.ts';

const text = encodeForm([{ name: 'a', fileName: 'a.png', bytes: Buffer.alloc(300_000, 't') }]);
const large = encodeForm([{ name: 'a', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', 600_000) }]);

describe("over HTTP/2, on Hono's server for Node,", () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Http2Server;
  let session: ClientHttp2Session;
  const streams = new Set<Http2Stream>();
  beforeEach(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(overRest(emulator));
    const upload = imgwireUpload({ imgwire });
    const routeOf = (rules: UploadRules<Request>) =>
      upload.any(rules).handler(({ images }) => Response.json(images));
    const [any, impatient] = [routeOf({}), routeOf({ stallTimeoutMs: 300 })];
    const fetch = (request: Request): Promise<Response> =>
      request.url.endsWith('/impatient') ? impatient(request) : any(request);
    server = createAdaptorServer({ fetch, createServer }) as Http2Server;
    server.on('session', (each) =>
      each.on('stream', (stream: Http2Stream) => {
        streams.add(stream);
        stream.once('close', () => streams.delete(stream));
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    session.on('error', () => undefined);
  });
  afterEach(async () => {
    session.destroy();
    server.close();
    await imgwire.close();
    await emulator.close();
    streams.clear();
  });
  const post = (length: number, path = '/any'): ReturnType<ClientHttp2Session['request']> => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
      'content-length': String(length),
    });
    stream.on('error', () => undefined);
    return stream;
  };
  const statusOf = async (stream: ReturnType<typeof post>): Promise<number> => {
    const [headers] = (await once(stream.resume(), 'response')) as [{ ':status': number }];
    return headers[':status'];
  };
  const refused = async (length: number, bytes: Uint8Array, path?: string): Promise<number> => {
    const stream = post(length, path);
    stream.write(bytes);
    return statusOf(stream);
  };

  /** The ways an upload can end, what the client does then, and its status. */
  const ENDS: Readonly<Record<string, [number | undefined, () => Promise<number | undefined>]>> = {
    'that are stored': [
      200,
      async () => {
        const stream = post(large.length);
        stream.end(large);
        return statusOf(stream);
      },
    ],
    'that are refused, and whose clients go on to the end': [
      415,
      async () => {
        const stream = post(text.length);
        stream.end(text);
        return statusOf(stream);
      },
    ],
    'that are refused, and whose clients are silent': [415, () => refused(text.length + 100_000, text)],
    'that promise too much': [413, () => refused(10 * 1024 ** 4, text)],
    'that stall': [408, () => refused(text.length, text.subarray(0, 1000), '/impatient')],
    'whose clients leave': [
      undefined,
      async () => {
        const stream = post(large.length);
        stream.write(large.subarray(0, 400_000));
        await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
        stream.close(8);
        return undefined;
      },
    ],
  };

  it.each(Object.entries(ENDS))('no stream is left of 20 uploads %s', async (_name, [status, end]) => {
    const statuses = await Promise.all(Array.from({ length: 20 }, end));
    expect(statuses).toEqual(Array.from({ length: 20 }, () => status));
    await expect.poll(() => streams.size).toBe(0);
    await imgwire.close();
    expect(emulator.images.list()).toHaveLength(status === 200 ? 20 : 0);
  });
});
