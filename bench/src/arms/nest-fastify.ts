import type { Server } from 'node:http';
import type { ImgwireModuleOptions } from '@imgwire/nestjs';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { startNest } from './nest-app.ts';

export function start(options: ImgwireModuleOptions): Promise<Server> {
  return startNest(new FastifyAdapter(), options);
}
