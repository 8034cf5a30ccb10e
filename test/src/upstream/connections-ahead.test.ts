import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { Agent } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endChild, startChild } from '../support/child.ts';
import { type Answer, encodeForm, type OpenPost, openPost, type Part, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { type ProxiedService, startProxiedService, type WatchedProxy } from '../support/proxied-service.ts';
import { startStorage } from '../support/storage-target.ts';
import { type RunningTarget, TARGETS, type Target, type TargetOptions } from '../support/targets.ts';
import { SDK, type Transport, throughTransports } from '../support/transports.ts';

const avatar: Part = {
  name: 'avatar',
  fileName: 'a.jpg',
  bytes: await imageOfSize('image/jpeg', 100_000),
};
const FORM = encodeForm([avatar]);
/** At most so many to one origin. */
const MOST = 16;

let service: ProxiedService;
let app: RunningTarget;
const posts: OpenPost[] = [];
afterEach(async () => {
  for (const { request } of posts.splice(0)) request.destroy();
  await app.close();
  await service.close();
  vi.unstubAllEnvs();
});

const start = async (
  { connect }: Pick<Transport, 'connect'>,
  target: Target,
  options: TargetOptions = {},
): Promise<void> => {
  const { api, emulator } = service;
  app = await target.start({ ...connect({ url: api.url, apiKey: emulator.apiKey }), ...options });
};
/** One form, from which the origin of the object storage is known. */
const first = async (path = '/single'): Promise<void> => {
  expect(await postForm(`${app.url}${path}`, [avatar])).toMatchObject({ status: 200 });
};
/** Sends the headers of a form's request only. */
const begin = (path = '/single', length = FORM.length): OpenPost => {
  const post = openPost(`${app.url}${path}`, length);
  post.request.on('error', () => undefined).flushHeaders();
  posts.push(post);
  return post;
};
const finish = async (post: OpenPost): Promise<Answer> => {
  post.request.end(FORM);
  return post.answer;
};
/** How many connections are open, and how many were made. */
const count = ({ open, connections }: WatchedProxy): readonly [open: number, made: number] => [
  open().length,
  connections.length,
];
/** Closes idle connections, as if much time had passed, and forgets them. */
const forget = async (): Promise<void> => {
  for (const proxy of [service.api, service.storage]) {
    await proxy.closeIdle();
    proxy.connections.length = 0;
  }
};
/** After several turns of the event loop, a connection that was begun before has been accepted. */
const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await fetch(`${app.url}/nothing`);
};

describe.each(throughTransports(TARGETS))(
  'a form on $name, over $transport',
  ({ target, connect, transport }) => {
    const isOurs = transport !== SDK.transport;
    beforeEach(async () => {
      service = await startProxiedService();
    });

    it('has connections before its body, and uses them', async () => {
      await start({ connect }, target);
      await first();
      await forget();
      const { api, storage } = service;
      const post = begin();
      await expect.poll(() => [count(api), count(storage)]).toEqual([isOurs ? [1, 1] : [0, 0], [1, 1]]);
      await turns();
      expect([...api.connections, ...storage.connections].map(({ requests }) => requests)).toEqual(
        isOurs ? [0, 0] : [0],
      );
      expect(await finish(post)).toMatchObject({ status: 200 });
      expect([api, storage].map((proxy) => proxy.connections.map(({ requests }) => requests))).toEqual([
        [1],
        [1],
      ]);
      // The next one finds idle ones.
      begin();
      await turns();
      expect([api, storage].map(({ connections }) => connections.length)).toEqual([1, 1]);
    });

    it('has none before `authorize` allows it, and none if it does not', async () => {
      const decisions: ((allowed: boolean) => void)[] = [];
      let decide = (): Promise<boolean> | boolean => true;
      await start({ connect }, target, { authorize: () => decide() });
      await first();
      decide = () => new Promise((resolve) => void decisions.push(resolve));
      await forget();
      const rejected = begin();
      await expect.poll(() => decisions.length).toBe(1);
      await turns();
      decisions[0]?.(false);
      rejected.request.end(FORM);
      expect(await rejected.answer).toMatchObject({ status: 403 });
      await turns();
      const { api, storage } = service;
      expect([count(api), count(storage)]).toEqual([
        [0, 0],
        [0, 0],
      ]);
      begin();
      await expect.poll(() => decisions.length).toBe(2);
      decisions[1]?.(true);
      await expect.poll(() => count(storage)).toEqual([1, 1]);
    });
  },
);

describe.each(throughTransports(TARGETS.slice(0, 1)))(
  'connections opened ahead, over $transport',
  ({ target, connect, transport }) => {
    const isOurs = transport !== SDK.transport;
    beforeEach(async () => {
      service = await startProxiedService();
    });
    const startIdle = async (options: TargetOptions = {}): Promise<void> => {
      await start({ connect }, target, options);
      await first();
      await forget();
    };

    it(`are ${MOST} to an origin, whatever the number of clients`, async () => {
      let begun = 0;
      await startIdle({
        authorize: () => {
          begun += 1;
          return true;
        },
      });
      begun = 0;
      const { api, storage } = service;
      for (let i = 0; i < 40; i++) begin();
      await expect.poll(() => begun).toBe(40);
      await expect.poll(() => count(storage)).toEqual([MOST, MOST]);
      await turns();
      expect([count(api), count(storage)]).toEqual([isOurs ? [MOST, MOST] : [0, 0], [MOST, MOST]]);
      const answers = await Promise.all(posts.map(finish));
      expect(answers.map(({ status }) => status)).toEqual(Array(40).fill(200));
      service.emulator.assertNothingPending();
    });

    it('are not made with a dispatcher of the user', async () => {
      const dispatcher = new Agent();
      const { api, storage } = service;
      let begun = 0;
      await startIdle({
        dispatcher,
        authorize: () => {
          begun += 1;
          return true;
        },
      });
      const post = begin();
      await expect.poll(() => begun).toBe(2);
      await turns();
      expect([count(api), count(storage)]).toEqual([
        [0, 0],
        [0, 0],
      ]);
      expect(await finish(post)).toMatchObject({ status: 200 });
      await dispatcher.destroy();
    });

    it('are closed by close()', async () => {
      await startIdle();
      const { api, storage } = service;
      begin().request.on('error', () => undefined);
      await expect.poll(() => storage.open().length).toBe(1);
      await app.close();
      await expect.poll(() => [api.open(), storage.open()]).toEqual([[], []]);
    });

    it('are as many as files of forms that are under way', async () => {
      await startIdle();
      const { storage } = service;
      const [one, other] = [begin(), begin()];
      await expect.poll(() => count(storage)).toEqual([2, 2]);
      const answers = await Promise.all([finish(one), finish(other)]);
      expect(answers).toMatchObject([{ status: 200 }, { status: 200 }]);
      expect(storage.connections.map(({ requests }) => requests)).toEqual([1, 1]);
    });

    it('are replaced if the server has closed them', async () => {
      await startIdle();
      const { storage } = service;
      const post = begin();
      await expect.poll(() => count(storage)).toEqual([1, 1]);
      await storage.closeIdle();
      expect(await finish(post)).toMatchObject({ status: 200 });
      expect(storage.connections.map(({ requests }) => requests)).toEqual([0, 1]);
    });

    it('are closed after 10 s without use, and never while they are used', async () => {
      await startIdle();
      const { storage } = service;
      const sockets: Socket[] = [];
      const onSocket = (message: unknown): void => void sockets.push((message as { socket: Socket }).socket);
      subscribe('net.client.socket', onSocket);
      const opened = (): Socket[] =>
        sockets.filter((each) => each.remotePort === Number(new URL(storage.url).port));
      const post = begin();
      await expect.poll(() => count(storage)).toEqual([1, 1]);
      expect(opened().map(({ timeout }) => timeout)).toEqual([10_000]);
      // What Node does when the time is up.
      opened()[0]?.emit('timeout');
      await expect.poll(() => storage.open()).toEqual([]);
      post.request.destroy();
      const used = begin();
      await expect.poll(() => storage.open()).toHaveLength(1);
      expect(await finish(used)).toMatchObject({ status: 200 });
      expect(opened().at(-1)?.timeout).toBe(0);
      unsubscribe('net.client.socket', onSocket);
    });

    it('are forgotten if they cannot be made', async () => {
      await startIdle();
      const { storage, emulator } = service;
      storage.refuse();
      const answer = await finish(begin());
      expect(answer.json).toMatchObject({ status: 503, code: 'UPSTREAM_UNAVAILABLE' });
      emulator.assertNothingPending();
    });

    it('are not used if the server has spoken on them', async () => {
      await startIdle({ maxAttempts: 1 });
      const { storage } = service;
      const post = begin();
      await expect.poll(() => count(storage)).toEqual([1, 1]);
      // As a server says goodbye to a client that says nothing.
      storage.connections[0]?.socket.write('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
      await turns();
      expect(await finish(post)).toMatchObject({ status: 200 });
      expect(storage.connections.map(({ requests }) => requests)).toEqual([0, 1]);
    });
  },
);

it('a multer of the user has connections to API and object storage when a file begins', async () => {
  service = await startProxiedService();
  const { api, storage, emulator } = service;
  app = await startStorage({ baseUrl: api.url, apiKey: emulator.apiKey });
  await first('/any');
  await forget();
  const post = begin('/any');
  await post.write(FORM.subarray(0, 1_000));
  await expect
    .poll(() => [count(api), count(storage)])
    .toEqual([
      [1, 1],
      [1, 1],
    ]);
  post.request.end(FORM.subarray(1_000));
  expect(await post.answer).toMatchObject({ status: 200 });
  expect([...api.connections, ...storage.connections].map(({ requests }) => requests)).toEqual([1, 1]);
});

it('both handshakes of TLS are over before the body arrives', async () => {
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
  service = await startProxiedService(true);
  const { api, storage, emulator } = service;
  await start({ connect: () => ({ baseUrl: api.url, apiKey: emulator.apiKey }) }, TARGETS[0] as Target);
  await first();
  await forget();
  const post = begin();
  // The server counts a connection from the end of its handshake on.
  await expect
    .poll(() => [count(api), count(storage)])
    .toEqual([
      [1, 1],
      [1, 1],
    ]);
  expect(await finish(post)).toMatchObject({ status: 200 });
  expect([...api.connections, ...storage.connections].map(({ requests }) => requests)).toEqual([1, 1]);
});

it.each([
  ['has one address', '127.0.0.1'],
  ['has others in front of the one that works', 'localhost'],
])('let a process end that has not used them, where the host %s', async (_which, host) => {
  service = await startProxiedService();
  const { api, storage, emulator } = service;
  const baseUrl = api.url.replace('127.0.0.1', host);
  const child = await startChild('ending-server.ts', { baseUrl, apiKey: emulator.apiKey });
  const exited = new Promise((resolve) => child.process.once('exit', resolve));
  const said = new Promise((resolve) =>
    child.process.stdout?.once('data', (bytes) => resolve(String(bytes))),
  );
  app = { url: child.line, server: undefined as never, errors: [], close: () => endChild(child) };
  await first();
  await forget();
  const post = begin();
  await expect
    .poll(() => [count(api), count(storage)])
    .toEqual([
      [1, 1],
      [1, 1],
    ]);
  // The server stops listening when its client has gone.
  post.request.destroy();
  expect(await said).toBe('2 open\n');
  expect(await exited).toBe(0);
});
