import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  getImgwireServiceToken,
  getImgwireToken,
  type Imgwire,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  ImgwireService,
  InjectImgwire,
  InjectImgwireService,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  Controller,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  type ModuleMetadata,
  Post,
  Req,
  Scope,
  UseInterceptors,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { REQUEST } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

@Controller()
class GalleryController {
  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { accept: ['image/png'] }))
  avatar(@UploadedImage() avatar: ImgwireImage): ImgwireImage {
    return avatar;
  }

  @Post('banner')
  @UseInterceptors(ImgwireFileInterceptor('banner', { accept: ['image/jpeg'], limits: { fields: 1 } }))
  banner(@UploadedImage('banner') banner: ImgwireImage): ImgwireImage {
    return banner;
  }
}

@Module({ controllers: [GalleryController] })
class GalleryModule {}

describe.each(NEST_PLATFORMS)('ImgwireModule on %s', (_name, adapter) => {
  let emulator: Emulator;
  let connection: ImgwireModuleOptions;
  const apps: INestApplication[] = [];
  beforeEach(async () => {
    emulator = await startEmulator();
    connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
  });
  afterEach(async () => {
    await Promise.all(apps.splice(0).map((app) => app.close()));
    await emulator.close();
  });

  const create = async (metadata: ModuleMetadata): Promise<INestApplication> => {
    const app = await createNest(metadata, adapter());
    apps.push(app);
    return app;
  };
  const start = async (metadata: ModuleMetadata): Promise<string> => listenNest(await create(metadata));
  const post = async (
    url: string,
    name: string,
    type: 'image/png' | 'image/jpeg' = 'image/png',
  ): Promise<Answer> => postForm(url, [{ name, fileName: 'a', bytes: await image(type) }]);

  it('keeps two routes of one controller to their own rules', async () => {
    const url = await start({
      imports: [ImgwireModule.forRoot(connection)],
      controllers: [GalleryController],
    });
    expect(await post(`${url}/avatar`, 'avatar')).toMatchObject({ status: 201 });
    expect(await post(`${url}/banner`, 'banner', 'image/jpeg')).toMatchObject({ status: 201 });
    expect((await post(`${url}/avatar`, 'avatar', 'image/jpeg')).json.code).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect((await post(`${url}/banner`, 'banner')).json.code).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect((await post(`${url}/avatar`, 'banner')).json.code).toBe('LIMIT_UNEXPECTED_FILE');
  });

  it('gives every route the rules of the module, which those of the route go before', async () => {
    const limits = { fileSize: 300 };
    const url = await start({
      imports: [ImgwireModule.forRoot({ ...connection, accept: ['image/gif'], required: true, limits })],
      controllers: [GalleryController],
    });
    const none = await postForm(`${url}/avatar`, [{ name: 'title', value: 'Katze' }]);
    expect(none.json.code).toBe('FILE_REQUIRED');
    expect(await image('image/jpeg')).toHaveLength(305);
    expect((await post(`${url}/banner`, 'banner', 'image/jpeg')).json.code).toBe('LIMIT_FILE_SIZE');
    expect(await post(`${url}/avatar`, 'avatar', 'image/png')).toMatchObject({ status: 201 });
  });

  it('is had by every module when it is global', async () => {
    const url = await start({
      imports: [ImgwireModule.forRoot({ ...connection, isGlobal: true }), GalleryModule],
    });
    expect(await post(`${url}/avatar`, 'avatar')).toMatchObject({ status: 201 });
  });

  it('is had only where it is imported when it is not, and the start says what to import', async () => {
    await expect(start({ imports: [ImgwireModule.forRoot(connection), GalleryModule] })).rejects.toThrow(
      "ImgwireFileInterceptor('avatar'): there is no ImgwireModule here: import ImgwireModule.forRoot({ isGlobal: true })",
    );
  });

  it('needs no module where a route has a connection', async () => {
    const imgwire = createImgwire(connection);
    @Controller()
    class AvatarController {
      @Post('avatar')
      @UseInterceptors(ImgwireFileInterceptor('avatar', { imgwire }))
      avatar(@UploadedImage() avatar: ImgwireImage): ImgwireImage {
        return avatar;
      }
    }
    const url = await start({ controllers: [AvatarController] });
    expect(await post(`${url}/avatar`, 'avatar')).toMatchObject({ status: 201 });
    await imgwire.close();
  });

  it('takes its options from a config service, with useFactory', async () => {
    const url = await start({
      imports: [
        ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ imgwire: connection })] }),
        ImgwireModule.forRootAsync({
          imports: [ConfigModule],
          inject: [ConfigService],
          useFactory: async (config: ConfigService) => config.getOrThrow<ImgwireModuleOptions>('imgwire'),
          isGlobal: true,
        }),
        GalleryModule,
      ],
    });
    expect(await post(`${url}/avatar`, 'avatar')).toMatchObject({ status: 201 });
  });

  it('takes its options from a class, with useClass and with useExisting', async () => {
    let made = 0;
    @Injectable()
    class Options {
      constructor() {
        made++;
      }

      createImgwireOptions(): ImgwireModuleOptions {
        return connection;
      }
    }
    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    for (const from of [{ useClass: Options }, { imports: [OptionsModule], useExisting: Options }]) {
      const url = await start({
        imports: [ImgwireModule.forRootAsync(from)],
        controllers: [GalleryController],
      });
      expect(await post(`${url}/avatar`, 'avatar')).toMatchObject({ status: 201 });
    }
    expect(made).toBe(2);
  });

  it('keeps two Environments of one application apart by name', async () => {
    const archive = await startEmulator();
    @Controller()
    class TwoController {
      constructor(
        @Inject(ImgwireService) private readonly main: ImgwireService,
        @InjectImgwireService('archive') private readonly archive: ImgwireService,
        @InjectImgwire('archive') private readonly raw: Imgwire,
      ) {}

      @Post('main')
      @UseInterceptors(ImgwireFileInterceptor('file'))
      toMain(@UploadedImage() image: ImgwireImage): ImgwireImage {
        return image;
      }

      @Post('archive')
      @UseInterceptors(ImgwireFileInterceptor('file', { imgwire: 'archive' }))
      toArchive(@UploadedImage() image: ImgwireImage): ImgwireImage {
        return image;
      }

      @Get('counts')
      async counts(): Promise<number[]> {
        const pages = [this.main.list(), this.archive.list(), this.raw.list()];
        return (await Promise.all(pages)).map(({ data }) => data.length);
      }
    }
    const url = await start({
      imports: [
        ImgwireModule.forRoot(connection),
        ImgwireModule.forRootAsync({
          name: 'archive',
          useFactory: () => ({ apiKey: archive.apiKey, baseUrl: archive.url, accept: ['image/jpeg'] }),
        }),
      ],
      controllers: [TwoController],
    });
    expect((await post(`${url}/archive`, 'file')).json.code).toBe('UNSUPPORTED_IMAGE_TYPE');
    await post(`${url}/archive`, 'file', 'image/jpeg');
    expect([emulator, archive].map(({ images }) => images.list().length)).toEqual([0, 1]);
    await post(`${url}/main`, 'file');
    expect([emulator, archive].map(({ images }) => images.list().length)).toEqual([1, 1]);
    expect(await (await fetch(`${url}/counts`)).json()).toEqual([1, 1, 1]);
    await apps.pop()?.close();
    await archive.close();
  });

  it('works in a controller whose providers are made for each request', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Uploader {
      constructor(@Inject(REQUEST) readonly request: { readonly headers: Record<string, string> }) {}
    }
    @Controller()
    class ScopedController {
      constructor(@Inject(Uploader) private readonly uploader: Uploader) {}

      @Post('avatar')
      @UseInterceptors(ImgwireFileInterceptor('avatar'))
      avatar(@UploadedImage() avatar: ImgwireImage, @Req() req: object): object {
        return { id: avatar.id, user: this.uploader.request.headers['x-user'], same: 'imgwire' in req };
      }
    }
    const url = await start({
      imports: [ImgwireModule.forRoot(connection)],
      controllers: [ScopedController],
      providers: [Uploader],
    });
    const bytes = await image('image/png');
    const answers = await Promise.all(
      ['ann', 'bob', 'eve'].map((user) =>
        postForm(`${url}/avatar`, [{ name: 'avatar', fileName: 'a', bytes }], {
          headers: { 'x-user': user },
        }),
      ),
    );
    expect(answers.map(({ json }) => [json.user, json.same])).toEqual([
      ['ann', true],
      ['bob', true],
      ['eve', true],
    ]);
    expect(emulator.images.list()).toHaveLength(3);
  });

  it.each<[string, object, RegExp]>([
    [
      'an unknown option',
      { maxSize: 1 },
      /ImgwireModule: unknown option "maxSize"; did you mean "limits\.fileSize"\?$/,
    ],
    ['a wrong connection option', { baseUrl: 'imgwire.dev' }, /option "baseUrl" must be an absolute/],
    ['a wrong rule', { maxPixels: -1 }, /option "maxPixels" must be an integer/],
    ['a wrong limit', { limits: { fileSize: '5MB' } }, /option "limits.fileSize" must be an integer/],
    ['a wrong discardOnError', { discardOnError: 1 }, /option "discardOnError" must be true or false/],
  ])('does not start with %s, and names it', async (_case, wrong, message) => {
    const options = { ...connection, ...wrong };
    await expect(create({ imports: [ImgwireModule.forRoot(options)] })).rejects.toThrow(message);
    const later = ImgwireModule.forRootAsync({ useFactory: async () => options });
    await expect(create({ imports: [later] })).rejects.toThrow(message);
  });

  it('does not start with a wrong rule at a route, and names it', async () => {
    @Controller()
    class WrongController {
      @Post()
      @UseInterceptors(ImgwireFileInterceptor('avatar', { accept: ['image/svg+xml'] }))
      upload(): void {
        // Never reached: the application does not start.
      }
    }
    const metadata = { imports: [ImgwireModule.forRoot(connection)], controllers: [WrongController] };
    await expect(create(metadata)).rejects.toThrow(/option "accept" must be an array of image types/);
  });

  it('closes the connection that it made when the application closes, and no other', async () => {
    const imgwire = createImgwire(connection);
    const app = await create({
      imports: [ImgwireModule.forRoot(connection), ImgwireModule.forRoot({ name: 'given', imgwire })],
    });
    const own = app.get<Imgwire>(getImgwireToken());
    const given = app.get<ImgwireService>(getImgwireServiceToken('given'));
    await own.list();
    await given.list();
    await app.close();
    await expect(own.list()).rejects.toThrow();
    await expect(given.list()).resolves.toMatchObject({ data: [] });
    await imgwire.close();
    await emulator.waitFor((e) => e.connections() === 0);
  });
});
