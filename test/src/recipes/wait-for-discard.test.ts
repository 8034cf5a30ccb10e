import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { imgwireUpload } from '@imgwire/express';
import imgwirePlugin from '@imgwire/fastify';
import express from 'express';
import express4 from 'express4';
import { fastify } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/upload-suite.ts';

// packages/core/docs/testing.md shows how a test waits for what `discardOnError` deletes.

const parts = [{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }];

interface Running {
  readonly url: string;
  close(): Promise<unknown>;
}

async function startExpress(make: typeof express, options: object): Promise<Running> {
  const app = make();
  const upload = imgwireUpload({ ...options, discardOnError: true });
  app.post('/avatar', upload.single('avatar'), (_req, res) => void res.status(409).end());
  const server = createServer(app);
  return { url: await listen(server), close: async () => server.close() };
}

const SERVERS: Readonly<Record<string, (options: object) => Promise<Running>>> = {
  'Express 4': (options) => startExpress(express4 as unknown as typeof express, options),
  'Express 5': (options) => startExpress(express, options),
  Fastify: async (options) => {
    const app = fastify();
    await app.register(imgwirePlugin, { ...options, discardOnError: true });
    app.post('/avatar', { preHandler: app.imgwire.single('avatar') }, (_request, reply) =>
      reply.code(409).send(),
    );
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
};

describe.each(Object.entries(SERVERS))('a test of %s', (_name, start) => {
  let emulator: Emulator;
  let app: Running;
  beforeEach(async () => {
    emulator = await startEmulator();
    app = await start(overRest(emulator));
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it('waits until the images of a response that failed are deleted', async () => {
    const stall = emulator.faults.add({ route: 'delete', stallAfterBytes: 0 });
    expect((await postForm(`${app.url}/avatar`, parts)).status).toBe(409);
    expect(emulator.images.list()).toHaveLength(1);
    stall.remove();
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });
});
