import { type Emulator, startEmulator } from '@imgwire/emulator';
import { ImgwireModule } from '@imgwire/nestjs';
import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createNest } from '../nest/nest-app.ts';
import { image } from '../support/images.ts';
import { sha256 } from '../support/upload-suite.ts';
import { PostsController } from './validate-with-class-validator.ts';

interface Answer {
  readonly status: number;
  readonly body: { readonly picture: string; readonly message: readonly string[] };
}

async function postWithSupertest(app: INestApplication, rating: string): Promise<Answer> {
  return await request(app.getHttpServer())
    .post('/posts')
    .field({ title: 'Lake', rating })
    .attach('picture', await image('image/png'), 'lake.png');
}

async function postWithInject(app: INestApplication, rating: string): Promise<Answer> {
  const payload = new FormData();
  payload.append('title', 'Lake');
  payload.append('rating', rating);
  payload.append('picture', new Blob([await image('image/png')]), 'lake.png');
  const answer = await (app as NestFastifyApplication).inject({ method: 'POST', url: '/posts', payload });
  return { status: answer.statusCode, body: answer.json() };
}

describe.each([
  ['on Express, with supertest', () => new ExpressAdapter(), postWithSupertest],
  ['on Fastify, with inject', () => new FastifyAdapter(), postWithInject],
])('a form validated with class-validator, %s', (_, adapter, post) => {
  let emulator: Emulator;
  let app: INestApplication;
  beforeEach(async () => {
    emulator = await startEmulator();
    const imgwire = ImgwireModule.forRoot({ apiKey: emulator.apiKey, baseUrl: emulator.url });
    app = await createNest({ imports: [imgwire], controllers: [PostsController] }, adapter());
    await app.init();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it('is stored with its picture when it is valid', async () => {
    const { status, body } = await post(app, '5');
    expect(status).toBe(201);
    expect(body).toEqual({ title: 'Lake', rating: 5, picture: expect.any(String) });
    expect(emulator.images.sha256(body.picture)).toBe(sha256(await image('image/png')));
  });

  it('leaves no picture when it is not', async () => {
    const { status, body } = await post(app, '6');
    expect(status).toBe(400);
    expect(body.message).toEqual(['rating must not be greater than 5']);
    await expect.poll(() => emulator.images.list()).toEqual([]);
  });
});
