import { readFileSync } from 'node:fs';
import type { Platform } from './platform.ts';

const EXPRESS = `
import { imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';

const app = express();
const upload = imgwireUpload();
const careful = upload.single('avatar', { discardOnError: true });
app.get('/', (_req, res) => res.send('ready'));
app.post('/avatar', upload.single('avatar'), ({ image, images, imgwire, body }, res) =>
  res.json({ image, url: image?.url({ width: 100 }), images: images.length, size: imgwire.files[0]?.size, fields: body }),
);
app.post('/streamed', careful, (_req, res) => res.write('one '));
app.post('/failing', careful, () => {
  throw new Error('a bug of the application');
});
app.use(imgwireErrorHandler());
app.listen(Number(process.env.PORT));
`;

const FASTIFY = `
import { PassThrough } from 'node:stream';
import imgwire from '@imgwire/fastify';
import fastify from 'fastify';

const app = fastify();
await app.register(imgwire);
const { single } = app.imgwire;
const careful = single('avatar', { discardOnError: true });
app.get('/', async () => 'ready');
app.post('/avatar', { preHandler: single('avatar') }, async ({ image, images, imgwire: { files }, body }) =>
  ({ image, url: image?.url({ width: 100 }), images: images.length, size: files[0]?.size, fields: body }),
);
app.post('/streamed', { preHandler: careful }, (_request, reply) => {
  const body = new PassThrough();
  body.write('one ');
  return reply.send(body);
});
app.post('/failing', { preHandler: careful }, () => {
  throw new Error('a bug of the application');
});
await app.listen({ port: Number(process.env.PORT) });
`;

/** The adapter of the page on adapters, as it stands there, compiled against the packed types. */
const KOA_ADAPTER = readFileSync(new URL('../adapter/koa-imgwire.ts', import.meta.url), 'utf8');
const KOA = `
import { PassThrough } from 'node:stream';
import Koa, { type Middleware } from 'koa';
import { imgwireErrors, imgwireUpload } from './koa-imgwire.ts';

const app = new Koa();
const upload = imgwireUpload();
const careful = upload.single('avatar', { discardOnError: true });
const routes: Readonly<Record<string, Middleware>> = {
  '/avatar': upload.single('avatar'),
  '/streamed': careful,
  '/failing': careful,
};
app.use(imgwireErrors);
app.use((ctx, next) => routes[ctx.path]?.(ctx, next) ?? next());
app.use((ctx) => {
  const { image, images, imgwire, request } = ctx;
  if (ctx.path === '/') ctx.body = 'ready';
  if (ctx.path === '/failing') throw new Error('a bug of the application');
  if (ctx.path === '/avatar') {
    ctx.body = {
      ...{ image, url: image?.url({ width: 100 }), images: images?.length },
      ...{ size: imgwire?.files[0]?.size, fields: request.body },
    };
  }
  if (ctx.path === '/streamed') {
    const body = new PassThrough();
    body.write('one ');
    ctx.body = body;
  }
});
app.listen(Number(process.env['PORT']));
`;

const nestMain = (name: string, adapter: string): string => `
import 'reflect-metadata';
import { type ImgwireImage, ImgwireFileInterceptor, ImgwireModule, UploadedImage } from '@imgwire/nestjs';
import { Body, Controller, Get, HttpCode, Module, Post, Req, StreamableFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PassThrough } from 'node:stream';
import { ${adapter} } from '@nestjs/platform-${name}';

@Controller()
class AppController {
  @Get()
  ready() {
    return 'ready';
  }

  @Post('avatar')
  @HttpCode(200)
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  avatar(@UploadedImage() image: ImgwireImage, @Req() { imgwire: { files } }: any, @Body() fields: object) {
    return { image, url: image.url({ width: 100 }), images: files.length, size: files[0].size, fields };
  }

  @Post('streamed')
  @HttpCode(200)
  @UseInterceptors(ImgwireFileInterceptor('avatar', { discardOnError: true }))
  streamed() {
    const body = new PassThrough();
    body.write('one ');
    return new StreamableFile(body);
  }

  @Post('failing')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { discardOnError: true }))
  failing() {
    throw new Error('a bug of the application');
  }
}

@Module({ imports: [ImgwireModule.forRoot()], controllers: [AppController] })
class AppModule {}

const app = await NestFactory.create(AppModule, new ${adapter}());
await app.listen(Number(process.env['PORT']));
`;

const tsconfig = (more: object = {}): string =>
  JSON.stringify({
    compilerOptions: {
      ...{ target: 'es2022', module: 'nodenext', types: ['node'], strict: true, skipLibCheck: true },
      ...{ noUncheckedIndexedAccess: true, rewriteRelativeImportExtensions: true, ...more },
    },
  });
const TYPESCRIPT = { typescript: '^5.9.0', '@types/node': '^20.19.0' };

const nest = (name: 'express' | 'fastify', title: string): Platform => ({
  name: `Nest on ${title}`,
  uses: ['core', 'nestjs'],
  packages: {
    ...{ '@nestjs/core': '^11.0.0', '@nestjs/common': '^11.0.0', [`@nestjs/platform-${name}`]: '^11.0.0' },
    ...{ 'reflect-metadata': '^0.2.0', rxjs: '^7.8.0', ...TYPESCRIPT },
  },
  files: {
    'tsconfig.json': tsconfig({ experimentalDecorators: true, emitDecoratorMetadata: true }),
    'server.ts': nestMain(name, `${title}Adapter`),
  },
  build: ['tsc'],
  start: ['node', 'server.js'],
  streams: true,
  noticesLeaving: true,
  note: 'no limit of its own for forms',
});

/** The frameworks that hand over the request of Node itself. */
export const NODE_PLATFORMS: readonly Platform[] = [
  {
    name: 'Express',
    uses: ['core', 'express'],
    packages: { express: '^5.0.0' },
    files: { 'server.js': EXPRESS },
    start: ['node', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: 'no limit of its own',
  },
  {
    name: 'Fastify',
    uses: ['core', 'fastify'],
    packages: { fastify: '^5.0.0' },
    files: { 'server.js': FASTIFY },
    start: ['node', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: '`bodyLimit` does not apply to forms',
  },
  {
    name: 'Koa',
    uses: ['core'],
    packages: { koa: '^3.0.0', '@types/koa': '^3.0.0', ...TYPESCRIPT },
    files: { 'koa-imgwire.ts': KOA_ADAPTER, 'server.ts': KOA, 'tsconfig.json': tsconfig() },
    build: ['tsc'],
    start: ['node', 'server.js'],
    streams: true,
    noticesLeaving: true,
    note: 'no limit of its own',
  },
  nest('express', 'Express'),
  nest('fastify', 'Fastify'),
];
