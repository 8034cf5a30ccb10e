// @ts-nocheck: one program for five adapters, of which a project may have fewer.
// node around.mjs <adapter>: prints what the same requests come to, with the rules around an upload. Or: node around.mjs backend
import { once } from 'node:events';
import { createImgwire, srcset } from '@imgwire/core';
import { startEmulator } from '@imgwire/emulator';
import { z } from 'zod';

const Post = z.object({ title: z.string().trim().min(1), rating: z.coerce.number().int().max(5) });
const RULES = {
  minWidth: 8,
  scan: async (bytes, { originalname }) => {
    for await (const _ of bytes);
    return originalname === 'virus.jpg' ? 'It has a virus.' : true;
  },
};
const STRICT = { ...RULES, form: Post };
const SKIPPING = { ...STRICT, onFileError: 'skip' };

const ADAPTERS = {
  express: serveExpress,
  fastify: serveFastify,
  web: serveWeb,
  'nest-express': async () => serveNest((await import('@nestjs/platform-express')).ExpressAdapter),
  'nest-fastify': async () => serveNest((await import('@nestjs/platform-fastify')).FastifyAdapter),
};

/** What every handler responds with: what was stored, what was not, and what the handler has for a body. */
const describe = ({ files, rejected }, body) => ({
  files: files.map(({ originalname, width, height, orientation }) => ({
    originalname,
    width,
    height,
    orientation,
  })),
  rejected: rejected.map(({ code, field, fileName }) => ({ code, field, fileName })),
  body,
});

/** Four by three pixels, and 96 by 64: what the rules reject and accept. */
const png = (width, height, size = 70) => {
  const bytes = Buffer.alloc(size);
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ).copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
};
/** A JPEG of 96 by 64 stored pixels whose EXIF says that it is shown turned by 90 degrees. */
const TURNED = Buffer.from(
  'ffd8ffe100224578696600004949' + // SOI, APP1
    '2a0008000000010012010300010000000600000000000000' + // the orientation is 6
    'ffc0000b080040006001011100' + // SOF0
    'ffda0008010100003f0000ffd9', // SOS, EOI
  'hex',
);
/** Above the read-ahead: sent on while it arrives. */
const LARGE = png(96, 64, 1024 * 1024);

const emulator = await startEmulator();
const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
const [, , name] = process.argv;
console.log(JSON.stringify(name === 'backend' ? await tryBackend() : await tryAdapter(ADAPTERS[name])));
await emulator.close();

async function tryAdapter(serve) {
  const { url, close } = await serve();
  const form = (path, fields, files) =>
    send(`${url}${path}`, { method: 'POST', body: formOf(fields, files) });
  const put = (bytes, fileName) =>
    send(`${url}/body`, {
      method: 'PUT',
      body: bytes,
      headers: { 'content-type': 'image/*', 'content-disposition': `attachment; filename="${fileName}"` },
    });
  const fields = { title: ' Lake ', rating: '5' };
  const lake = ['lake.jpg', TURNED];
  const outcomes = {
    kept: await form('/skipping', fields, [['small.png', png(4, 3)], lake, ['virus.jpg', LARGE]]),
    scanned: await form('/strict', fields, [lake, ['virus.jpg', LARGE]]),
    small: await form('/strict', fields, [['small.png', png(4, 3)], lake]),
    invalid: await form('/strict', { title: ' ', rating: '9' }, [lake]),
    invalidWhileSkipping: await form('/skipping', { title: ' ', rating: '9' }, [lake]),
    body: await put(TURNED, 'lake.jpg'),
    largeBody: await put(LARGE, 'lake.png'),
    scannedBody: await put(LARGE, 'virus.jpg'),
    smallBody: await put(png(4, 3), 'small.png'),
  };
  await close();
  return outcomes;
}

function formOf(fields, files) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (const [fileName, bytes] of files) form.append('photos', new Blob([bytes]), fileName);
  return form;
}

/** Sends a request; with its response, whether a record was created for it, and what is left at the service. */
async function send(url, init) {
  await emulator.reset();
  const response = await fetch(url, init);
  // In Nest the detail of an error is its message too.
  const { message: _, ...json } = await response.json();
  await emulator.waitFor(() => emulator.images.list().every(({ status }) => status === 'READY'));
  return {
    status: response.status,
    json,
    created: emulator.requests.some(({ route }) => route === 'create'),
    left: emulator.images.list().map(({ original_filename }) => original_filename),
  };
}

async function serveExpress() {
  const { default: express } = await import('express');
  const { imgwireErrorHandler, imgwireUpload } = await import('@imgwire/express');
  const upload = imgwireUpload(connection);
  const respond = (req, res) => void res.json(describe(req.imgwire, req.body));
  const app = express();
  app.post('/strict', upload.array('photos', 5, STRICT), respond);
  app.post('/skipping', upload.array('photos', 5, SKIPPING), respond);
  app.put('/body', upload.body(RULES), (req, res) => void res.json(describe(req.imgwire)));
  app.use(imgwireErrorHandler());
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => end(server) };
}

async function serveFastify() {
  const { default: fastify } = await import('fastify');
  const { default: imgwire } = await import('@imgwire/fastify');
  const app = fastify();
  await app.register(imgwire, connection);
  const { array, body } = app.imgwire;
  const respond = async (request) => describe(request.imgwire, request.body);
  app.post('/strict', { preHandler: array('photos', 5, STRICT) }, respond);
  app.post('/skipping', { preHandler: array('photos', 5, SKIPPING) }, respond);
  app.put('/body', { preHandler: body(RULES) }, async (request) => describe(request.imgwire));
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
}

async function serveWeb() {
  const { serve } = await import('@hono/node-server');
  const { imgwireUpload } = await import('@imgwire/web');
  const upload = imgwireUpload(connection);
  const respond = (form) => Response.json(describe(form, form.fields));
  const routes = {
    '/strict': upload.array('photos', 5, STRICT).handler(respond),
    '/skipping': upload.array('photos', 5, SKIPPING).handler(respond),
    '/body': upload.body(RULES).handler((form) => Response.json(describe(form))),
  };
  const server = serve({
    fetch: (request) => routes[new URL(request.url).pathname](request),
    port: 0,
    hostname: '127.0.0.1',
  });
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => end(server) };
}

/** Nest without TypeScript: its decorators are functions. */
async function serveNest(Adapter) {
  await import('reflect-metadata');
  const { Body, Controller, HttpCode, Module, Post, Put, Req, UseInterceptors } = await import(
    '@nestjs/common'
  );
  const { NestFactory } = await import('@nestjs/core');
  const { ImgwireBodyInterceptor, ImgwireFilesInterceptor, ImgwireModule } = await import('@imgwire/nestjs');
  class Photos {
    strict(req, body) {
      return describe(req.imgwire, body);
    }
    skipping(req, body) {
      return describe(req.imgwire, body);
    }
    body(req) {
      return describe(req.imgwire);
    }
  }
  const route = (method, ...decorators) => {
    const descriptor = Object.getOwnPropertyDescriptor(Photos.prototype, method);
    for (const decorate of decorators) decorate(Photos.prototype, method, descriptor);
    Req()(Photos.prototype, method, 0);
    if (method !== 'body') Body()(Photos.prototype, method, 1);
  };
  const files = (rules) => UseInterceptors(ImgwireFilesInterceptor('photos', 5, rules));
  route('strict', Post('strict'), HttpCode(200), files(STRICT));
  route('skipping', Post('skipping'), HttpCode(200), files(SKIPPING));
  route('body', Put('body'), UseInterceptors(ImgwireBodyInterceptor(RULES)));
  Controller()(Photos);
  class App {}
  Module({ imports: [ImgwireModule.forRoot(connection)], controllers: [Photos] })(App);
  const app = await NestFactory.create(App, new Adapter(), { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return { url: await app.getUrl(), close: () => app.close() };
}

async function end(server) {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

/** What the backend itself uploads and reads, with the code of each rejection. */
async function tryBackend() {
  const imgwire = createImgwire(connection);
  const code = (promise) =>
    promise.then(
      () => 'stored',
      (error) => error.code,
    );
  const upload = (rules) => code(imgwire.upload({ file: png(96, 64), ...rules }));
  const rejected = {
    type: await upload({ accept: ['image/jpeg'] }),
    size: await upload({ limits: { fileSize: 69 } }),
    pixels: await upload({ maxPixels: 96 * 64 - 1 }),
  };
  const left = emulator.images.list().length;
  const allowed = await upload({ accept: ['image/png'], limits: { fileSize: 70 }, maxPixels: 96 * 64 });
  const { data: origins } = await imgwire.listCorsOrigins();
  const domain = await imgwire.retrieveCustomDomain();
  const stats = await imgwire.getMetricsStats();
  emulator.faults.add({ route: 'create', status: 402 });
  const limited = await upload({});
  await imgwire.close();
  const widths = srcset({ cdn_url: 'https://cdn.imgwire.dev/a', width: 500 }, [320, 640], { format: 'auto' });
  return { rejected, left, allowed, limited, origins, domain, uploads: stats.uploads.value, widths };
}
