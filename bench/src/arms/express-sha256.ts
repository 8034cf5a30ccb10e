import type { Server } from 'node:http';
import type { ImgwireUploadOptions } from '@imgwire/express';
import { start as startExpress } from './express.ts';

export function start(options: ImgwireUploadOptions): Promise<Server> {
  return startExpress({ ...options, hashAlgorithm: 'sha256' });
}
