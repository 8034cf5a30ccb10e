import 'reflect-metadata';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Emulator } from '@imgwire/emulator';
import { ImgwireTestingModule } from '@imgwire/nestjs/testing';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { AppModule } from '../src/app.module.ts';
import { serveDocs } from '../src/docs.ts';

const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

describe('the gallery', () => {
  let imgwire: Emulator;
  let folder: string;
  let app: INestApplication;

  const start = async (): Promise<void> => {
    const imports = [AppModule, ImgwireTestingModule.forRoot()];
    const module = await Test.createTestingModule({ imports }).compile();
    app = module.createNestApplication({ logger: false });
    serveDocs(app);
    await app.init();
    imgwire = module.get(ImgwireTestingModule).emulator();
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gallery-'));
    process.env['GALLERY_DATABASE'] = join(folder, 'gallery.db');
    await start();
  });
  afterEach(async () => {
    imgwire.assertNothingPending();
    // This closes the emulator too.
    await app.close();
    await rm(folder, { recursive: true });
  });

  const upload = (user: string, title: string, file = PICTURE): request.Test =>
    request(app.getHttpServer())
      .post('/gallery')
      .set('x-user', user)
      .field('title', title)
      .attach('image', file, 'cat.png');
  const list = async (user: string): Promise<{ title: string }[]> =>
    (await request(app.getHttpServer()).get('/gallery').set('x-user', user).expect(200)).body;

  it('stores an upload at Imgwire, and its owner and title in the table', async () => {
    const { body } = await upload('ann', 'Cat').expect(201);
    expect(body).toEqual({ id: expect.any(String), owner: 'ann', title: 'Cat', url: expect.any(String) });
    expect(imgwire.images.list()).toMatchObject([
      { id: body.id, purpose: 'gallery', custom_metadata: { owner: 'ann' } },
    ]);
    expect(await imgwire.images.bytes(body.id)).toEqual(PICTURE);
    expect(await list('ann')).toEqual([body]);
    expect(await list('bob')).toEqual([]);
  });

  it('keeps its pictures over a restart', async () => {
    const { body } = await upload('ann', 'Cat').expect(201);
    await app.close();
    await start();
    expect(await list('ann')).toEqual([body]);
  });

  it('deletes a picture at Imgwire too, and only for its owner', async () => {
    const { body } = await upload('ann', 'Cat').expect(201);
    const remove = (user: string): request.Test =>
      request(app.getHttpServer()).delete(`/gallery/${body.id}`).set('x-user', user);
    await remove('bob').expect(404);
    expect(imgwire.images.list()).toHaveLength(1);
    await remove('ann').expect(204);
    expect(imgwire.images.list()).toEqual([]);
    expect(await list('ann')).toEqual([]);
  });

  it('keeps the row when Imgwire cannot delete the image', async () => {
    const { body } = await upload('ann', 'Cat').expect(201);
    imgwire.faults.add({ route: 'delete', status: 401 });
    const failed = await request(app.getHttpServer()).delete(`/gallery/${body.id}`).set('x-user', 'ann');
    expect(failed.status).toBe(502);
    expect(failed.type).toBe('application/problem+json');
    expect(failed.body).toMatchObject({ status: 502, code: 'UPSTREAM_REJECTED' });
    expect(await list('ann')).toEqual([body]);
  });

  it('rolls back at Imgwire what the handler refuses', async () => {
    const { body } = await upload('ann', 'Cat').expect(201);
    await upload('ann', 'Cat').expect(409);
    expect(imgwire.requests.filter(({ route }) => route === 'delete')).toHaveLength(1);
    expect(imgwire.images.list()).toMatchObject([{ id: body.id }]);
    expect(await list('ann')).toEqual([body]);
  });

  it.each([
    ['no title', '', 'title must be longer than or equal to 1 characters'],
    ['a long title', 'x'.repeat(81), 'title must be shorter than or equal to 80 characters'],
  ])('removes the image when the DTO refuses %s', async (_case, title, message) => {
    const { body } = await upload('ann', title).expect(400);
    expect(body.message).toEqual([message]);
    expect(imgwire.requests.map(({ route }) => route)).toEqual(['create', 'put', 'delete']);
    expect(imgwire.images.list()).toEqual([]);
  });

  it('refuses what is no image, and a form without one', async () => {
    const refused = await upload('ann', 'Cat', Buffer.from('no image'));
    expect(refused.type).toBe('application/problem+json');
    expect(refused.body).toMatchObject({ status: 415, code: 'UNSUPPORTED_IMAGE_TYPE', field: 'image' });
    const empty = await request(app.getHttpServer())
      .post('/gallery')
      .set('x-user', 'ann')
      .field('title', 'Cat');
    expect(empty.body).toMatchObject({ status: 400, code: 'FILE_REQUIRED' });
    expect(imgwire.images.list()).toEqual([]);
  });

  it('sends nothing to Imgwire for a stranger', async () => {
    await request(app.getHttpServer()).post('/gallery').attach('image', PICTURE, 'cat.png').expect(401);
    await request(app.getHttpServer()).post('/api/imgwire/upload-token').expect(401);
    expect(imgwire.requests).toEqual([]);
  });

  it('gives a user a token for an upload from the browser', async () => {
    const { body } = await request(app.getHttpServer())
      .post('/api/imgwire/upload-token')
      .set('x-user', 'ann')
      .expect(200);
    expect(body).toEqual({ uploadToken: expect.any(String), expiresAt: expect.any(String) });
  });

  it('has its routes in Swagger UI, with a file to choose', async () => {
    await request(app.getHttpServer()).get('/docs').expect(200).expect('Content-Type', /html/);
    const { body } = await request(app.getHttpServer()).get('/docs-json').expect(200);
    const { requestBody, security } = body.paths['/gallery'].post;
    expect(security).toEqual([{ user: [] }]);
    expect(requestBody.content['multipart/form-data'].schema).toEqual({
      $ref: '#/components/schemas/NewPicture_image',
    });
    expect(body.components.schemas.NewPicture_image).toMatchObject({
      required: ['title', 'image'],
      properties: {
        image: { type: 'string', format: 'binary' },
        title: { type: 'string', maxLength: 80 },
      },
    });
  });
});
