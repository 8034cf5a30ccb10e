import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwire as plugin } from '@imgwire/fastify';
import { ImgwireFileInterceptor, ImgwireModule } from '@imgwire/nestjs';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { encodeForm, openPost } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';

// A framework waits for its server, which waits for every client. The time that uploads have is not behind that wait.

const bytes = await imageOfSize('image/jpeg', 1024 * 1024);
const form = encodeForm([{ name: 'avatar', fileName: 'a.jpg', bytes }]);

interface Options {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly closeTimeoutMs: number;
  readonly stallTimeoutMs: number;
}
type Start = (options: Options) => Promise<{ url: string; close(): Promise<unknown> }>;

@Controller()
class AvatarController {
  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  save(): object {
    return {};
  }
}

const APPS: ReadonlyArray<[string, Start]> = [
  [
    'Fastify',
    async (options) => {
      const app = fastify();
      await app.register(plugin, options);
      app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, async () => ({}));
      return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
    },
  ],
  ...NEST_PLATFORMS.map(([name, adapter]): [string, Start] => [
    String(name),
    async (options) => {
      const parts = { imports: [ImgwireModule.forRoot(options)], controllers: [AvatarController] };
      const app = await createNest(parts, adapter());
      return { url: await listenNest(app), close: () => app.close() };
    },
  ]),
];

describe.each(APPS)('closing %s', (_name, start) => {
  let emulator: Emulator;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(() => emulator.close());

  const connection = () => ({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  const begin = async (url: string) => {
    const post = openPost(`${url}/avatar`, form.length);
    await post.write(form.subarray(0, 700_000));
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'put'));
    return post;
  };

  it('undoes an upload whose client takes longer than closeTimeoutMs, counted from the beginning', async () => {
    const app = await start({ ...connection(), closeTimeoutMs: 100, stallTimeoutMs: 5_000 });
    const post = await begin(app.url);
    const closed = app.close();
    expect((await post.answer).json).toMatchObject({ status: 503, code: 'SHUTTING_DOWN' });
    await closed;
    expect(emulator.images.list()).toEqual([]);
  });

  it('lets an upload in flight end', async () => {
    const app = await start({ ...connection(), closeTimeoutMs: 60_000, stallTimeoutMs: 60_000 });
    const post = await begin(app.url);
    const closed = app.close();
    post.request.end(form.subarray(700_000));
    expect((await post.answer).status).toBeLessThan(300);
    await closed;
    expect(emulator.images.list()).toHaveLength(1);
  });
});
