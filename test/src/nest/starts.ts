// One application, started in every way of Nest. It is self-contained, to be compiled in projects of other versions of Nest.
import 'reflect-metadata';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import {
  createImgwireUploadTokenController,
  ImgwireExceptionFilter,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  ImgwireService,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  Controller,
  type INestApplication,
  type INestApplicationContext,
  Inject,
  Injectable,
  Module,
  Post,
  type Type,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, Transport } from '@nestjs/microservices';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { firstValueFrom } from 'rxjs';

/** A PNG of 1 × 1 pixels. */
export const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

/** Takes jobs like a queue worker. */
@Injectable()
class Worker {
  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}

  async work(job: string): Promise<string> {
    const { id } = await this.imgwire.upload({ file: Buffer.from(job, 'base64'), fileName: 'job.png' });
    return id;
  }
}

@Controller()
class AvatarController {
  constructor(@Inject(Worker) private readonly worker: Worker) {}

  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { required: true }))
  save(@UploadedImage() avatar: ImgwireImage): string {
    return avatar.id;
  }

  @MessagePattern('avatar')
  @UseFilters(ImgwireExceptionFilter)
  import(bytes: string): Promise<string> {
    return this.worker.work(bytes);
  }
}

function createAppModule(options: ImgwireModuleOptions): Type<unknown> {
  @Module({
    imports: [ImgwireModule.forRoot(options)],
    controllers: [
      AvatarController,
      createImgwireUploadTokenController({ path: 'token', authorize: () => true }),
    ],
    providers: [Worker],
  })
  class AppModule {}
  return AppModule;
}

const logger = false;
const abortOnError = false;

/** Uploads in a started application in its own way, and returns the results; null stands for an image's id. */
type Start = (AppModule: Type<unknown>) => Promise<{ app: INestApplicationContext; outcome: object }>;

/** Every way of Nest to start an application. */
export const NEST_STARTS: Readonly<Record<string, Start>> = {
  'HTTP on Express': async (AppModule) => {
    const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger, abortOnError });
    return { app, outcome: await overHttp(app) };
  },
  'HTTP on Fastify': async (AppModule) => {
    const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger, abortOnError });
    return { app, outcome: await overHttp(app) };
  },
  'a hybrid': async (AppModule) => {
    const tcp = await freeTcp();
    const app = await NestFactory.create(AppModule, new ExpressAdapter(), { logger, abortOnError });
    app.connectMicroservice(tcp);
    await app.startAllMicroservices();
    return { app, outcome: { ...(await overHttp(app)), ...(await overTcp(tcp)) } };
  },
  'a microservice': async (AppModule) => {
    const tcp = await freeTcp();
    const app = await NestFactory.createMicroservice(AppModule, { ...tcp, logger, abortOnError });
    await app.listen();
    return { app, outcome: await overTcp(tcp) };
  },
  'an application context': async (AppModule) => {
    const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError });
    return { app, outcome: {} };
  },
  'a testing module': async (AppModule) => {
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();
    return { app: await app.init(), outcome: {} };
  },
};

/** One lifecycle: start, uploads in its own way, a job that is in flight when it closes. */
export async function liveAs(start: string, options: ImgwireModuleOptions): Promise<object> {
  const { app, outcome } = (await NEST_STARTS[start]?.(createAppModule(options))) ?? {};
  const job = app?.get(Worker).work(PIXEL);
  await app?.close();
  return { ...outcome, job: typeof (await job) };
}

async function overHttp(app: INestApplication): Promise<object> {
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  const body = new FormData();
  body.set('avatar', new Blob([Buffer.from(PIXEL, 'base64')]), 'a.png');
  const upload = await fetch(`${url}/avatar`, { method: 'POST', body });
  const token = await fetch(`${url}/token`, { method: 'POST' });
  await Promise.all([upload.text(), token.text()]);
  return { upload: upload.status, token: token.status };
}

type Tcp = Readonly<{ transport: Transport.TCP; options: { host: string; port: number } }>;

async function freeTcp(): Promise<Tcp> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
}

async function overTcp(tcp: Tcp): Promise<object> {
  const client = ClientProxyFactory.create(tcp);
  const send = (bytes: string): Promise<unknown> => firstValueFrom(client.send('avatar', bytes));
  const image = typeof (await send(PIXEL));
  const refused = await send('bm8gaW1hZ2U=').catch((error: unknown) => error);
  await client.close();
  return { message: image, refused };
}
