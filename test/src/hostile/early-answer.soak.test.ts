import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { openTemporaryFiles } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { startStorage } from '../support/storage-target.ts';
import { NODE_TARGETS, type RunningTarget, type TargetOptions } from '../support/targets.ts';
import { overRest } from '../support/upload-suite.ts';

const bytes = await imageOfSize('image/jpeg', 1024 * 1024);
const part = { name: 'avatar', fileName: 'a.jpg', bytes };
const form = encodeForm([part]);
const ADAPTERS = sample(NODE_TARGETS);
const MOMENTS = inject('soak') ? 50 : 10;

/** What a middleware in front of ours does when its own time is up. */
function answer(res: ServerResponse): void {
  res.writeHead(503, { 'content-type': 'text/plain' }).end('too late');
}

it('ends the upload of a file behind a multer of the user', async () => {
  const emulator = await startEmulator();
  const app = await startStorage(overRest(emulator));
  emulator.faults.add({ route: 'put', hang: true });
  const requested = once(app.server, 'request');
  const post = openPost(`${app.url}/any`, form.length);
  post.request.end(form);
  const [, res] = (await requested) as [IncomingMessage, ServerResponse];
  await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
  answer(res);
  expect(await post.answer).toMatchObject({ status: 503, text: 'too late' });
  await expect.poll(() => app.errors).toMatchObject([{ code: 'RESPONSE_ENDED' }]);
  expect(emulator.images.list()).toEqual([]);
  await app.close();
  await emulator.close();
});

it('has nothing stored that comes behind it, behind a multer of the user', async () => {
  const emulator = await startEmulator();
  const app = await startStorage(overRest(emulator));
  const requested = once(app.server, 'request');
  // The connection outlives the response: a disconnect would abort the upload by itself.
  const agent = new Agent({ keepAlive: true });
  const post = openPost(`${app.url}/any`, form.length, { agent });
  post.request.flushHeaders();
  const [, res] = (await requested) as [IncomingMessage, ServerResponse];
  answer(res);
  expect(await post.answer).toMatchObject({ status: 503, text: 'too late' });
  post.request.end(form);
  await expect.poll(() => app.errors).toMatchObject([{ code: 'RESPONSE_ENDED' }]);
  expect(emulator.requests).toEqual([]);
  agent.destroy();
  await app.close();
  await emulator.close();
});

describe.each(ADAPTERS)('an answer that goes out before the form is in, under $name', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  const failures: unknown[] = [];
  const onFailure = (message: unknown): void => void failures.push((message as { error: unknown }).error);
  beforeEach(async () => {
    failures.length = 0;
    subscribe('imgwire:request:failed', onFailure);
    emulator = await startEmulator();
  });
  afterEach(async () => {
    unsubscribe('imgwire:request:failed', onFailure);
    await app.close();
    await emulator.waitFor((e) => e.connections() === 0);
    await emulator.close();
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
  });
  const start = async (options: TargetOptions = {}): Promise<void> => {
    app = await target.start({ ...overRest(emulator), maxConcurrentUploads: 1, ...options });
  };
  /** Begins a post, and answers it with its response at the server. */
  const begin = async (agent?: Agent) => {
    const requested = once(app.server, 'request');
    const post = openPost(`${app.url}/single`, form.length, agent && { agent });
    post.request.on('error', () => undefined).flushHeaders();
    const [, res] = (await requested) as [IncomingMessage, ServerResponse];
    return { post, res };
  };
  const expectUndone = async (): Promise<void> => {
    await expect
      .poll(() => failures, { interval: 2 })
      .toMatchObject([{ code: 'RESPONSE_ENDED', status: 503 }]);
    expect(emulator.images.list()).toEqual([]);
    failures.length = 0;
  };

  it(`ends the upload at each of ${MOMENTS} moments, and stands`, async () => {
    await start();
    for (let moment = 0; moment < MOMENTS; moment++) {
      const { post, res } = await begin();
      const sent = Math.floor((form.length * moment) / MOMENTS);
      if (sent > 0) await post.write(form.subarray(0, sent));
      answer(res);
      expect(await post.answer, `moment ${moment}`).toMatchObject({ status: 503, text: 'too late' });
      post.request.destroy();
      await expectUndone();
    }
    expect((await postForm(`${app.url}/single`, [part])).status).toBe(200);
  });

  it.each([
    ['the whole form is in, and Imgwire has not answered', { route: 'put', hang: true }, 'put'],
    ['the record is asked for', { route: 'retrieve', hang: true }, 'retrieve'],
  ] as const)('ends the upload when %s', async (_when, fault, route) => {
    await start({ waitUntilReady: true });
    emulator.faults.add(fault);
    const { post, res } = await begin();
    post.request.end(form);
    await emulator.waitFor(({ requests }) =>
      requests.some(
        (each) => each.route === route && (route !== 'put' || each.bytesReceived === bytes.length),
      ),
    );
    answer(res);
    expect(await post.answer).toMatchObject({ status: 503, text: 'too late' });
    await expectUndone();
    emulator.faults.clear();
    expect((await postForm(`${app.url}/single`, [part])).status).toBe(200);
  });

  it('undoes an upload that ends while its client does not read the answer', async () => {
    await start();
    const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 100_000 });
    const requested = once(app.server, 'request');
    const client = connect(Number(new URL(app.url).port), '127.0.0.1');
    client.write(
      `POST /single HTTP/1.1\r\nHost: a\r\nContent-Length: ${form.length}\r\n` +
        `Content-Type: multipart/form-data; boundary=${BOUNDARY}\r\n\r\n`,
    );
    client.write(form);
    const [, res] = (await requested) as [IncomingMessage, ServerResponse];
    await emulator.waitFor(({ requests }) => requests.some(({ bytesReceived }) => bytesReceived >= 100_000));
    // More than the buffers between the two hold: the response has ended, and does not finish.
    res.end(Buffer.alloc(64 * 1024 * 1024));
    stall.remove();
    await expectUndone();
    expect(res.writableFinished).toBe(false);
    client.destroy();
  });

  it('ends the upload when authorize has answered by itself', async () => {
    let response: ServerResponse | undefined;
    await start({
      authorize: () => {
        if (response) answer(response);
        response = undefined;
        return true;
      },
    });
    app.server.prependOnceListener('request', (_req: IncomingMessage, res: ServerResponse) => {
      response = res;
    });
    const post = openPost(`${app.url}/single`, form.length);
    post.request.end(form);
    expect(await post.answer).toMatchObject({ status: 503, text: 'too late' });
    await expectUndone();
    expect((await postForm(`${app.url}/single`, [part])).status).toBe(200);
  });

  it('leaves a connection that takes the next request', async () => {
    await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { post, res } = await begin(agent);
    await post.write(form.subarray(0, 500_000));
    answer(res);
    post.request.end(form.subarray(500_000));
    expect((await post.answer).status).toBe(503);
    await expectUndone();
    expect((await postForm(`${app.url}/single`, [part], { agent })).status).toBe(200);
    agent.destroy();
  });
});
