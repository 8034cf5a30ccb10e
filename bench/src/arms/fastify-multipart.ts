import type { Server } from 'node:http';
import multipart from '@fastify/multipart';
import fastify from 'fastify';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-fetch.ts';

export async function start(options: ArmOptions): Promise<Server> {
  const app = fastify();
  await app.register(multipart, { limits: { fileSize: 64 * 1024 * 1024 } });
  app.post('/upload', async (request) => {
    const images: Promise<object>[] = [];
    for await (const part of request.files()) {
      const buffer = await part.toBuffer();
      const body = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
      images.push(store(options, { name: part.filename, type: part.mimetype, size: buffer.length, body }));
    }
    return Promise.all(images);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return app.server;
}
