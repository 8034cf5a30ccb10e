import { createServer, type RequestListener } from 'node:http';
import { createImgwire, type ImgwireOptions, type UploadRules } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import { imgwire, type RequestImgwire } from '@imgwire/fastify';
import { ImgwireFileFieldsInterceptor, ImgwireFilesInterceptor, ImgwireModule } from '@imgwire/nestjs';
import { imgwireUpload as webUpload } from '@imgwire/web';
import { Controller, Post, Req, UseInterceptors } from '@nestjs/common';
import express5, { type Express, type Request } from 'express';
import express4 from 'express4';
import fastify from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest, listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { type Answer, type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/upload-suite.ts';
import { webListener } from '../support/web-listener.ts';

// What a route says with `maxCount` it takes, above the default of `limits.files` too, as multer does.

const MOST = 12;
const BOTH = [
  { name: 'x', maxCount: 8 },
  { name: 'y', maxCount: 8 },
];

type Shared = Pick<UploadRules<never>, 'limits'>;
interface Running {
  readonly url: string;
  close(): unknown;
}
/** A server with POST /array (field `x`, 12 files) and /fields (`x` and `y`, 8 each), which answer with the number of files. */
type Start = (connection: ImgwireOptions, shared: Shared) => Promise<Running>;

async function serve(listener: RequestListener): Promise<Running> {
  const server = createServer(listener);
  return { url: await listen(server), close: () => server.close() };
}

const onExpress =
  (makeApp: () => Express): Start =>
  (connection, shared) => {
    const upload = imgwireUpload({ ...connection, ...shared });
    const app = makeApp();
    const answer = (req: Request, res: { json(body: unknown): unknown }): void =>
      void res.json({ files: req.images?.length });
    app.post('/array', upload.array('x', MOST), answer);
    app.post('/fields', upload.fields(BOTH), answer);
    app.use(imgwireErrorHandler());
    return serve(app);
  };

const onFastify: Start = async (connection, shared) => {
  const app = fastify();
  await app.register(imgwire, { ...connection, ...shared });
  const answer = async (request: { imgwire?: RequestImgwire | undefined }) => ({
    files: request.imgwire?.files.length,
  });
  app.post('/array', { preHandler: app.imgwire.array('x', MOST) }, answer);
  app.post('/fields', { preHandler: app.imgwire.fields(BOTH) }, answer);
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
};

const onWeb: Start = async (connection, shared) => {
  const upload = webUpload({ ...connection, ...shared });
  const routes = [upload.array('x', MOST), upload.fields(BOTH)].map((route) =>
    route.handler(({ images }) => Response.json({ files: images.length })),
  );
  return serve(
    webListener(async (request) => {
      const route = routes[request.url.endsWith('/array') ? 0 : 1];
      return route ? route(request) : new Response();
    }),
  );
};

const onCore: Start = async (connection, shared) => {
  const imgwire = createImgwire(connection);
  const routes = [[{ name: 'x', maxCount: MOST }], BOTH].map((fields) =>
    imgwire.receiver({ ...shared, fields }),
  );
  return serve((req, res) => {
    res.setHeader('content-type', 'application/json');
    routes[req.url === '/array' ? 0 : 1]?.(req, res).then(
      ({ files }) => res.end(JSON.stringify({ files: files.length })),
      (error: { status: number }) => res.writeHead(error.status).end(JSON.stringify(error)),
    );
  });
};

@Controller()
class UploadController {
  @Post('array')
  @UseInterceptors(ImgwireFilesInterceptor('x', MOST))
  array(@Req() { imgwire: { files } }: { imgwire: RequestImgwire }): object {
    return { files: files.length };
  }

  @Post('fields')
  @UseInterceptors(ImgwireFileFieldsInterceptor(BOTH))
  both(@Req() { imgwire: { files } }: { imgwire: RequestImgwire }): object {
    return { files: files.length };
  }
}

const onNest =
  (adapter: (typeof NEST_PLATFORMS)[number][1]): Start =>
  async (connection, shared) => {
    const parts = {
      imports: [ImgwireModule.forRoot({ ...connection, ...shared })],
      controllers: [UploadController],
    };
    const app = await createNest(parts, adapter());
    return { url: await listenNest(app), close: () => app.close() };
  };

const SERVERS: ReadonlyArray<[string, Start]> = [
  ['core', onCore],
  ['Express 4', onExpress(express4)],
  ['Express 5', onExpress(express5)],
  ['Fastify', onFastify],
  ['web', onWeb],
  ...NEST_PLATFORMS.map(([name, adapter]): [string, Start] => [`Nest on ${name}`, onNest(adapter)]),
];

describe.each(SERVERS)('on %s', (_name, begin) => {
  let emulator: Emulator;
  let running: Running | undefined;
  const start = async (shared: Shared = {}): Promise<void> => {
    running = await begin(overRest(emulator), shared);
  };
  const post = async (path: string, ...names: readonly string[]): Promise<Answer> => {
    const bytes = await image('image/png');
    const parts = names.map((name): Part => ({ name, fileName: 'a.png', bytes }));
    return postForm(`${running?.url}${path}`, parts);
  };
  const times = (count: number, name: string): string[] => Array.from({ length: count }, () => name);
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    await emulator.close();
  });

  it('a route takes as many files as its maxCount says', async () => {
    await start();
    expect((await post('/array', ...times(12, 'x'))).json).toEqual({ files: 12 });
    expect((await post('/fields', ...times(6, 'x'), ...times(6, 'y'))).json).toEqual({ files: 12 });
    expect((await post('/fields', ...times(8, 'x'), ...times(8, 'y'))).json).toEqual({ files: 16 });
    const tooMany = await post('/fields', ...times(9, 'x'));
    expect(tooMany.json).toMatchObject({ code: 'LIMIT_UNEXPECTED_FILE', field: 'x' });
  });

  it('the limit of files that was set holds for all fields together', async () => {
    await start({ limits: { files: 12 } });
    expect((await post('/fields', ...times(6, 'x'), ...times(6, 'y'))).json).toEqual({ files: 12 });
    const tooMany = await post('/fields', ...times(7, 'x'), ...times(6, 'y'));
    expect([tooMany.status, tooMany.json]).toEqual([
      413,
      expect.objectContaining({ code: 'LIMIT_FILE_COUNT', detail: 'The form has more than 12 files.' }),
    ]);
    expect(emulator.images.list()).toHaveLength(12);
  });

  it('a maxCount above the limit of files that was set is refused when the route is made', async () => {
    await expect((async () => start({ limits: { files: 11 } }))()).rejects.toThrow(
      /: option "maxCount" of the field "x" is 12, but "limits\.files" is 11: write limits: \{ files: 12 \}\.$/,
    );
  });
});
