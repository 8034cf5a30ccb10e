import type { Server } from 'node:http';
import type { ImgwireModuleOptions } from '@imgwire/nestjs';
import { ExpressAdapter } from '@nestjs/platform-express';
import { startNest } from './nest-app.ts';

export function start(options: ImgwireModuleOptions): Promise<Server> {
  return startNest(new ExpressAdapter(), options);
}
