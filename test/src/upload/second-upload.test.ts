import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import { imgwire } from '@imgwire/fastify';
import { AnyImgwireFilesInterceptor, ImgwireFileInterceptor, ImgwireModule } from '@imgwire/nestjs';
import { imgwireErrorResponse, imgwireUpload as webUpload } from '@imgwire/web';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import express5 from 'express';
import express4 from 'express4';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { webListener } from '../support/web-listener.ts';

interface Running {
  readonly url: string;
  close(): Promise<unknown>;
}

/** A server with an upload in front of the upload of its route. */
type Start = (connection: { readonly apiKey: string; readonly baseUrl: string }) => Promise<Running>;

const running = async (server: Server): Promise<Running> => ({
  url: await listen(server),
  close: async () => {
    server.closeAllConnections();
    server.close();
  },
});

const onExpress =
  (make: typeof express5): Start =>
  (connection) => {
    const app = make();
    app.use(imgwireUpload(connection));
    app.post('/', imgwireUpload(connection).single('a'), (_req, res) => void res.json({}));
    app.use(imgwireErrorHandler());
    return running(createServer(app));
  };

const onFastify: Start = async (connection) => {
  const app = fastify();
  await app.register(imgwire, connection);
  app.post('/', { preValidation: app.imgwire.any(), preHandler: app.imgwire.single('a') }, async () => ({}));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
};

const onWeb: Start = async (connection) => {
  const upload = webUpload(connection);
  const route = async (request: Request): Promise<Response> => {
    await upload.receive(request);
    await upload.single('a').receive(request);
    return new Response();
  };
  const answering = (request: Request): Promise<Response> =>
    route(request).catch((error) => imgwireErrorResponse(error) ?? Response.error());
  return running(createServer(webListener(answering)));
};

const onNest =
  (adapter: (typeof NEST_PLATFORMS)[number][1]): Start =>
  async (connection) => {
    @Controller()
    @UseInterceptors(AnyImgwireFilesInterceptor())
    class UploadController {
      @Post()
      @UseInterceptors(ImgwireFileInterceptor('a'))
      save(): void {
        // Never reached.
      }
    }
    const imports = [ImgwireModule.forRoot(connection)];
    const app = await createNest({ imports, controllers: [UploadController] }, adapter());
    return { url: await listenNest(app), close: () => app.close() };
  };

const STARTS: ReadonlyArray<readonly [name: string, start: Start]> = [
  ['Express 4', onExpress(express4 as typeof express5)],
  ['Express 5', onExpress(express5)],
  ['Fastify', onFastify],
  ['web', onWeb],
  ...NEST_PLATFORMS.map(([name, adapter]) => [`Nest on ${name}`, onNest(adapter)] as const),
];

describe.each(STARTS)('an upload behind another one, on %s', (_name, start) => {
  let emulator: Emulator;
  let app: Running;
  beforeEach(async () => {
    emulator = await startEmulator();
    app = await start({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it('is an error that names the other one, not the order', async () => {
    const bytes = await image('image/png');
    const answer = await postForm(app.url, [{ name: 'a', fileName: 'a.png', bytes }]);
    expect(answer).toMatchObject({ status: 500, json: { code: 'BODY_ALREADY_READ' } });
    expect(answer.json.detail).toBe(
      'Another upload in front of this one has received the request already; leave one of the two out.',
    );
  });
});
