import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type Imgwire,
  imgwireErrorHandler,
  imgwireUpload,
  imgwireUploadToken,
} from '@imgwire/express';
import express from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeBlocks } from '../docs/markdown.ts';
import { type Answer, encodeForm, openPost, type PostOptions } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';

const MIB = 1024 * 1024;
const snippet =
  codeBlocks('packages/core/docs/security.md').find(({ language }) => language === 'nginx')?.code ?? '';
const HOST = /^ *proxy_set_header Host .*$/m;

/** nginx with the location of the page, one as nginx is without it, and nothing that it would keep elsewhere. */
const config = (folder: string, port: string, app: string, location: string): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream app { server ${app}; }
  server {
    listen 127.0.0.1:${port};
    ${location}
    location /plain { proxy_pass http://app; }
  }
}
`;

let emulator: Emulator;
let imgwire: Imgwire;
let app: Server;
let arrived: IncomingHttpHeaders[];
let folder: string;
let nginx: ChildProcess;
let port: string;
let url: string;
beforeEach(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  arrived = [];
  const upload = imgwireUpload({ imgwire, limits: { requestSize: 40 * MIB }, stallTimeoutMs: 500 });
  const routes = express();
  routes.use((req, _res, next) => {
    arrived.push(req.headers);
    next();
  });
  routes.all('/upload/token', imgwireUploadToken({ imgwire, authorize: () => true }));
  routes.post(['/upload', '/plain'], upload.single('avatar'), (req, res) => void res.json(req.image?.id));
  routes.use(imgwireErrorHandler());
  app = createServer(routes);
  folder = await mkdtemp(join(tmpdir(), 'nginx-'));
});
afterEach(async () => {
  const gone = once(nginx, 'exit');
  // False where it could not start.
  if (nginx.kill('SIGTERM')) await gone;
  app.closeAllConnections();
  app.close();
  await imgwire.close();
  await emulator.close();
  await rm(folder, { recursive: true });
});

/** Starts nginx in front of the app, with the location of the page or another. */
async function start(location: string = snippet): Promise<void> {
  const { host } = new URL(await listen(app));
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  await writeFile(join(folder, 'nginx.conf'), config(folder, port, host, location));
  const args = ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')];
  nginx = spawn('nginx', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  await expect.poll(() => answers(port)).toBe(true);
}

async function answers(on: string): Promise<boolean> {
  const socket = connect(Number(on), '127.0.0.1');
  const ready = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return ready;
}

const form = async (bytes: number): Promise<Buffer> =>
  encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes: await imageOfSize('image/jpeg', bytes) }]);

const post = (path: string, body: Buffer, options?: PostOptions): Promise<Answer> => {
  const sending = openPost(`${url}${path}`, body.length, options);
  sending.request.end(body);
  return sending.answer;
};

/** Asks for a token as a page does: over plain http browsers send no Sec-Fetch-Site, but the origin of the page. */
const ask = (headers: Record<string, string>): Promise<Answer> =>
  post('/upload/token', Buffer.alloc(0), { headers });

describe('the location of packages/core/docs/security.md', () => {
  it('lets the own page in, on its port', async () => {
    await start();
    const page = `127.0.0.1:${port}`;
    expect(await ask({ host: page, origin: `http://${page}` })).toMatchObject({ status: 200 });
    const named = `app.example.com:${port}`;
    expect(await ask({ host: named, origin: `http://${named}` })).toMatchObject({ status: 200 });
  });

  it('lets the own page in, on the port that no address shows', async () => {
    await start();
    const headers = { host: 'app.example.com', origin: 'http://app.example.com' };
    expect(await ask(headers)).toMatchObject({ status: 200 });
  });

  it('lets no page of another site in', async () => {
    await start();
    const host = `127.0.0.1:${port}`;
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'http://127.0.0.1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: `http://${host}`, 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await ask({ host, ...headers } as Record<string, string>);
      expect(answer).toMatchObject({ status: 403, json: { code: 'CROSS_SITE_REQUEST' } });
    }
  });

  it.each([
    ['without its line for Host', '', 'on its port'],
    ['with $host', '  proxy_set_header Host $host;', 'on its port'],
    ['with $host:$server_port', '  proxy_set_header Host $host:$server_port;', 'elsewhere'],
  ])('would refuse the own page %s', async (_case, line, where) => {
    await start(snippet.replace(HOST, () => line));
    const page = where === 'on its port' ? `127.0.0.1:${port}` : 'app.example.com';
    expect(await ask({ host: page, origin: `http://${page}` })).toMatchObject({ status: 403 });
  });

  it('takes a form above the 1 MiB of nginx itself', async () => {
    await start();
    const body = await form(3 * MIB);
    expect(await post('/upload', body)).toMatchObject({ status: 200 });
    expect(await post('/plain', body)).toMatchObject({ status: 413, json: undefined });
  });

  it('has bytes at Imgwire before the client has sent half of them', async () => {
    await start();
    const body = await form(16 * MIB);
    const sending = openPost(`${url}/upload`, body.length);
    await sending.write(body.subarray(0, 4 * MIB));
    await emulator.waitFor(({ requests }) =>
      requests.some(({ route, bytesReceived }) => route === 'put' && bytesReceived > 0),
    );
    await sending.write(body.subarray(4 * MIB));
    sending.end();
    expect(await sending.answer).toMatchObject({ status: 200 });
  });

  it('passes on the length that the client has sent, and a chunked form in chunks', async () => {
    await start();
    const body = await form(600 * 1024);
    expect(await post('/upload', body)).toMatchObject({ status: 200 });
    expect(await post('/upload', body, { chunked: true })).toMatchObject({ status: 200 });
    expect(await post('/plain', body, { chunked: true })).toMatchObject({ status: 200 });
    const [whole, chunked, buffered] = arrived;
    expect(whole).toMatchObject({ 'content-length': String(body.length) });
    expect(chunked).toMatchObject({ 'transfer-encoding': 'chunked' });
    // What nginx does by itself: it waits for the end, and then it knows the length.
    expect(buffered).toMatchObject({ 'content-length': String(body.length) });
  });

  it('leaves refusals to us, before the body has come, up to its own limit', async () => {
    await start();
    const ours = openPost(`${url}/upload`, 50 * MIB);
    ours.request.flushHeaders();
    expect(await ours.answer).toMatchObject({ status: 413, json: { code: 'LIMIT_REQUEST_SIZE' } });
    ours.request.destroy();
    const theirs = openPost(`${url}/upload`, 61 * MIB);
    theirs.request.flushHeaders();
    expect(await theirs.answer).toMatchObject({ status: 413, json: undefined });
    theirs.request.destroy();
  });

  it('leaves it to us to end a client that stalls', async () => {
    await start();
    const body = await form(MIB);
    const sending = openPost(`${url}/upload`, body.length);
    await sending.write(body.subarray(0, MIB / 2));
    expect(await sending.answer).toMatchObject({ status: 408, json: { code: 'CLIENT_STALLED' } });
    sending.request.destroy();
  });
});
