import fastifyMultipart from '@fastify/multipart';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  getImgwireToken,
  type Imgwire,
  ImgwireExceptionFilter,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  ParseImagePipe,
  type ReceivedFile,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  Controller,
  type INestApplication,
  Post,
  Req,
  UploadedFile,
  UseFilters,
  UseInterceptors,
} from '@nestjs/common';
import { ExpressAdapter, FileInterceptor, MulterModule } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOUNDARY, encodeForm, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { createNest, listenNest } from './nest-app.ts';

let emulator: Emulator;
let app: INestApplication;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(async () => {
  await app.close();
  await emulator.close();
});
const connection = (): { apiKey: string; baseUrl: string } => ({
  apiKey: emulator.apiKey,
  baseUrl: emulator.url,
});

describe("Nest's own FileInterceptor on Express", () => {
  it('stores through imgwireStorage, and its failures are problems behind the filter', async () => {
    const imgwire = createImgwire(connection());
    @Controller()
    class AvatarController {
      @Post('avatar')
      @UseFilters(ImgwireExceptionFilter)
      @UseInterceptors(FileInterceptor('avatar', { storage: imgwire.storage(), defParamCharset: 'utf8' }))
      avatar(@UploadedFile() file: ReceivedFile): object {
        return { id: file.image.id, name: file.originalname, size: file.size };
      }
    }
    app = await createNest({ controllers: [AvatarController] }, new ExpressAdapter());
    const url = await listenNest(app);
    const bytes = await image('image/png');
    const stored = await postForm(`${url}/avatar`, [{ name: 'avatar', fileName: 'Kätzchen.png', bytes }]);
    expect(stored.json).toEqual({ id: expect.any(String), name: 'Kätzchen.png', size: bytes.length });
    expect(emulator.images.list().map(({ id }) => id)).toEqual([stored.json.id]);
    const refused = await postForm(`${url}/avatar`, [
      { name: 'avatar', fileName: 'a.png', bytes: Buffer.from('no') },
    ]);
    expect(refused).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_IMAGE_TYPE', field: 'avatar' } });
    expect(refused.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    await imgwire.close();
  });

  it('has its files checked by ParseImagePipe, which needs no buffer', async () => {
    const imgwire = createImgwire(connection());
    @Controller()
    class AvatarController {
      @Post('avatar')
      @UseInterceptors(FileInterceptor('avatar', { storage: imgwire.storage() }))
      avatar(@UploadedFile(new ParseImagePipe({ accept: ['image/png'] })) file: ReceivedFile): object {
        return { id: file.image.id };
      }
    }
    app = await createNest({ controllers: [AvatarController] }, new ExpressAdapter());
    const url = await listenNest(app);
    const codes = [];
    for (const [name, type] of [
      ['avatar', 'image/png'],
      ['avatar', 'image/jpeg'],
    ] as const) {
      const { json } = await postForm(`${url}/avatar`, [{ name, fileName: 'a', bytes: await image(type) }]);
      codes.push(json.code ?? 'stored');
    }
    codes.push((await postForm(`${url}/avatar`, [{ name: 'title', value: 'Katze' }])).json.code);
    expect(codes).toEqual(['stored', 'UNSUPPORTED_IMAGE_TYPE', 'FILE_REQUIRED']);
    await imgwire.close();
  });

  it("takes the module's connection through MulterModule", async () => {
    @Controller()
    class AvatarController {
      @Post('avatar')
      @UseInterceptors(FileInterceptor('avatar'))
      avatar(@UploadedFile() file: ReceivedFile): string {
        return file.image.id;
      }
    }
    const imgwire = ImgwireModule.forRoot(connection());
    app = await createNest(
      {
        imports: [
          imgwire,
          MulterModule.registerAsync({
            imports: [imgwire],
            inject: [getImgwireToken()],
            useFactory: (core: Imgwire) => ({ storage: core.storage() }),
          }),
        ],
        controllers: [AvatarController],
      },
      new ExpressAdapter(),
    );
    const bytes = await image('image/png');
    const answer = await postForm(`${await listenNest(app)}/avatar`, [
      { name: 'avatar', fileName: 'a.png', bytes },
    ]);
    expect(answer.text).toBe(emulator.images.list()[0]?.id);
  });
});

describe('@fastify/multipart in the same application', () => {
  @Controller()
  class BothController {
    @Post('ours')
    @UseInterceptors(ImgwireFileInterceptor('avatar'))
    ours(@UploadedImage() avatar: ImgwireImage): object {
      return { id: avatar.id };
    }

    @Post('theirs')
    async theirs(
      @Req() req: { file(): Promise<{ fieldname: string; toBuffer(): Promise<Buffer> }> },
    ): Promise<object> {
      const file = await req.file();
      return { field: file.fieldname, size: (await file.toBuffer()).length };
    }
  }

  it.each<[string, (app: NestFastifyApplication) => Promise<void>]>([
    ['before the start', async (nest) => void (await nest.register(fastifyMultipart as never))],
    [
      'after init, as late as Fastify allows',
      async (nest) => {
        await nest.init();
        nest.getHttpAdapter().getInstance().register(fastifyMultipart);
      },
    ],
  ])('registered %s, it works beside the interceptors', async (_when, register) => {
    app = await createNest(
      { imports: [ImgwireModule.forRoot(connection())], controllers: [BothController] },
      new FastifyAdapter(),
    );
    await register(app as NestFastifyApplication);
    const url = await listenNest(app);
    const bytes = await image('image/png');
    const form = [{ name: 'avatar', fileName: 'a.png', bytes }];
    expect((await postForm(`${url}/theirs`, form)).json).toEqual({ field: 'avatar', size: bytes.length });
    expect((await postForm(`${url}/ours`, form)).json).toEqual({ id: emulator.images.list()[0]?.id });
  });

  it('leaves it to Fastify to refuse a body of another type that it does not know', async () => {
    app = await createNest(
      { imports: [ImgwireModule.forRoot(connection())], controllers: [BothController] },
      new FastifyAdapter(),
    );
    const url = await listenNest(app);
    const headers = { 'content-type': 'multipart/form-database' };
    const answer = await fetch(`${url}/ours`, { method: 'POST', body: 'x', headers });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toEqual({ statusCode: 415, message: 'Unsupported Media Type' });
  });

  it('is not needed, and Fastify can be called without a socket', async () => {
    app = await createNest(
      { imports: [ImgwireModule.forRoot(connection())], controllers: [BothController] },
      new FastifyAdapter(),
    );
    await app.init();
    const fastify = (app as NestFastifyApplication).getHttpAdapter().getInstance();
    await fastify.ready();
    expect(fastify.hasContentTypeParser('multipart/form-data')).toBe(true);
    const url = await listenNest(app);
    const body = encodeForm([{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }]);
    const headers = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
    const answer = await fetch(`${url}/ours`, { method: 'POST', body: new Uint8Array(body), headers });
    expect(answer.status).toBe(201);
  });
});
