import 'reflect-metadata';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { ImgwireFileInterceptor, type ImgwireImage, ImgwireModule, UploadedImage } from '@imgwire/nestjs';
import { Controller, Module, Post, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import express5 from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listenNest, NEST_PLATFORMS } from '../nest/nest-app.ts';
import { type Answer, encodeForm, openPost, postForm } from '../support/client.ts';
import { imageOfSize } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { casesFor } from '../support/sample.ts';
import { NODE_TARGETS, type RunningTarget } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

/** What reads a request in front of the application. */
type Reader = (req: IncomingMessage, body: Buffer) => void;

type RawBodies = readonly (readonly [name: string, toRawBody: (body: Buffer) => unknown])[];
const TAKEN: RawBodies = [
  ['a Buffer', (body) => body],
  ['a Uint8Array', (body) => new Uint8Array(body)],
  ['a Buffer within a larger one', (body) => Buffer.concat([body, body]).subarray(body.length)],
];
const NOT_TAKEN: RawBodies = [
  ['is a text, in which bytes are lost', (body) => body.toString()],
  ['is an object', (body) => ({ type: 'Buffer', data: [...body.subarray(0, 10)] })],
  ['is not there', () => undefined],
];

describe.each(NODE_TARGETS)('a request to $name that was read before', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  let form: Buffer;
  beforeAll(async () => {
    emulator = await startEmulator();
    app = await target.start(overRest(emulator));
    form = encodeForm([{ name: 'a', fileName: 'a.png', bytes: await imageOfSize('image/png', 300_000) }]);
  });
  beforeEach(() => emulator.reset());
  afterAll(async () => {
    await app.close();
    await emulator.close();
  });
  const post = async (url: string, headers: Record<string, string> = {}, body = form): Promise<Answer> => {
    const open = openPost(`${url}/any`, body.length, { headers });
    open.request.end(body);
    return open.answer;
  };
  const behind = async (read: Reader): Promise<Answer> => {
    const front = createServer((req, res) => {
      void buffer(req).then((body) => {
        read(req, body);
        app.server.emit('request', req, res);
      });
    });
    try {
      return await post(await listen(front));
    } finally {
      front.close();
    }
  };
  const leaving =
    (toRawBody: (body: Buffer) => unknown): Reader =>
    (req, body) =>
      void Object.assign(req, { rawBody: toRawBody(body) });

  it.each(casesFor(target, TAKEN))('is taken from rawBody: %s', async (_name, toRawBody) => {
    const answer = await behind(leaving(toRawBody));
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.images.list()).toHaveLength(1);
  });

  it.each(casesFor(target, NOT_TAKEN))('is BODY_ALREADY_READ where rawBody %s', async (_name, toRawBody) => {
    expect((await behind(leaving(toRawBody))).json).toMatchObject({ code: 'BODY_ALREADY_READ' });
    expect(emulator.requests).toEqual([]);
  });

  it('is MALFORMED_MULTIPART where rawBody is not the whole of it, and nothing is left', async () => {
    const answer = await behind(leaving((body) => body.subarray(0, -50)));
    expect(answer.json).toMatchObject({ code: 'MALFORMED_MULTIPART' });
    expect(emulator.images.list()).toEqual([]);
  });

  it('has the length of rawBody, whatever its Content-Length was', async () => {
    const express = express5();
    // It inflates the body, and leaves the Content-Length of what came.
    express.use(
      express5.raw({
        type: '*/*',
        limit: '1mb',
        verify: (req, _res, body) => leaving(() => body)(req, body),
      }),
      (req, res) => void app.server.emit('request', req, res),
    );
    const front = createServer(express);
    const answer = await post(await listen(front), { 'content-encoding': 'gzip' }, gzipSync(form));
    expect(answer.status, answer.text).toBe(200);
    expect(emulator.requests.map(({ route }) => route)).toEqual(['create', 'put']);
    front.close();
  });

  it('is read itself where it was not, whatever rawBody has', async () => {
    const front = createServer((req, res) => {
      Object.assign(req, { rawBody: Buffer.from('something else') });
      app.server.emit('request', req, res);
    });
    const answer = await post(await listen(front));
    expect(answer.status, answer.text).toBe(200);
    front.close();
  });
});

@Controller()
class AvatarController {
  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { required: true }))
  save(@UploadedImage() image: ImgwireImage): object {
    return { id: image.id };
  }
}

describe.each(NEST_PLATFORMS)("Nest's own rawBody on %s", (name, adapter) => {
  it('is taken where a body parser of the application reads forms', async () => {
    const emulator = await startEmulator();
    @Module({ imports: [ImgwireModule.forRoot(overRest(emulator))], controllers: [AvatarController] })
    class AppModule {}
    const app = await NestFactory.create(AppModule, adapter(), { logger: false, rawBody: true });
    if (name === 'Fastify') {
      (app as NestFastifyApplication).useBodyParser('multipart/form-data', { bodyLimit: 1_000_000 });
    } else {
      (app as NestExpressApplication).useBodyParser('raw', { type: 'multipart/form-data', limit: '1mb' });
    }
    const url = await listenNest(app);
    const bytes = await imageOfSize('image/png', 300_000);
    const answer = await postForm(`${url}/avatar`, [{ name: 'avatar', fileName: 'a.png', bytes }]);
    expect(answer.status, answer.text).toBe(201);
    expect(emulator.images.sha256(answer.json.id)).toBe(sha256(bytes));
    await app.close();
    await emulator.close();
  });
});
