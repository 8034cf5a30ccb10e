import 'reflect-metadata';
import { type INestApplication, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';

/** The HTTP platforms of Nest. */
export const NEST_PLATFORMS: ReadonlyArray<
  readonly [name: string, adapter: () => ExpressAdapter | FastifyAdapter]
> = [
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
];

/** Listens on a free port of the loopback interface. */
export async function listenNest(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

/** Creates an application from the metadata of its root module. Rejects if it fails to start. */
export function createNest(
  metadata: ModuleMetadata,
  adapter: ExpressAdapter | FastifyAdapter,
): Promise<INestApplication> {
  class AppModule {}
  Module(metadata)(AppModule);
  return NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false });
}
