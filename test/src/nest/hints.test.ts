import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  AnyImgwireFilesInterceptor,
  createImgwireUploadTokenController,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  ParseImagePipe,
  UploadedImage,
  UploadedImages,
} from '@imgwire/nestjs';
import {
  Controller,
  type INestApplication,
  Module,
  type ModuleMetadata,
  type NestInterceptor,
  Post,
  type Type,
  UseInterceptors,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { FileInterceptor } from '@nestjs/platform-express';
import { raw } from 'express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const form: Part[] = [{ name: 'avatar', fileName: 'a.png', bytes: await image('image/png') }];

/** A controller with one route, of these interceptors and this parameter. */
function controllerOf(
  interceptors: readonly Type<NestInterceptor>[],
  parameter: ParameterDecorator = UploadedImage(),
): Type<unknown> {
  @Controller('avatar')
  class AvatarController {
    @Post()
    @UseInterceptors(...interceptors)
    save(@parameter saved: ImgwireImage): object {
      return { id: saved.id };
    }
  }
  return AvatarController;
}

describe.each(NEST_PLATFORMS)('what Nest on %s is told', (name, adapter) => {
  let emulator: Emulator;
  let connection: ImgwireModuleOptions;
  let app: INestApplication | undefined;
  beforeEach(async () => {
    emulator = await startEmulator();
    connection = { apiKey: emulator.apiKey, baseUrl: emulator.url };
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await emulator.close();
  });

  const logged: string[] = [];
  const start = async (
    metadata: ModuleMetadata,
    prepare: (app: INestApplication) => void = () => undefined,
  ): Promise<string> => {
    app = await createNest(metadata, adapter());
    logged.length = 0;
    const error = (said: unknown): void => void logged.push(String(said));
    app.useLogger({ log: () => undefined, warn: () => undefined, error });
    prepare(app);
    return listenNest(app);
  };
  const startOne = (controller: Type<unknown>): Promise<string> =>
    start({ imports: [ImgwireModule.forRoot(connection)], controllers: [controller] });

  it('@UploadedImage() without an interceptor names the one to write, when a form comes', async () => {
    const url = await startOne(controllerOf([]));
    const answer = await postForm(`${url}/avatar`, form);
    expect(answer.status).toBe(500);
    expect(logged).toEqual([
      expect.stringContaining(
        "@UploadedImage(): no upload has run on this request: write @UseInterceptors(ImgwireFileInterceptor('avatar')) in front of the route.",
      ),
    ]);
  });

  it('@UploadedImages() likewise, also where another route has an interceptor', async () => {
    @Controller('other')
    class OtherController {
      @Post()
      @UseInterceptors(ImgwireFileInterceptor('avatar'))
      save(@UploadedImage() saved: ImgwireImage): object {
        return { id: saved.id };
      }
    }
    const url = await start({
      imports: [ImgwireModule.forRoot(connection)],
      controllers: [controllerOf([], UploadedImages()), OtherController],
    });
    expect((await postForm(`${url}/avatar`, form)).status).toBe(500);
    expect(logged).toEqual([expect.stringContaining('@UploadedImages(): no upload has run on this request')]);
    expect((await postForm(`${url}/other`, form)).status).toBe(201);
  });

  it('an interceptor of the whole application counts', async () => {
    @Controller('avatar')
    class AvatarController {
      @Post()
      save(@UploadedImage('avatar') saved?: ImgwireImage): object {
        return { isStored: saved !== undefined };
      }
    }
    const url = await start({
      imports: [ImgwireModule.forRoot(connection)],
      controllers: [AvatarController],
      providers: [{ provide: APP_INTERCEPTOR, useClass: ImgwireFileInterceptor('avatar') }],
    });
    expect((await postForm(`${url}/avatar`, form)).json).toEqual({ isStored: true });
    expect((await postForm(`${url}/avatar`, [])).json).toEqual({ isStored: false });
  });

  it.each<[string, Type<NestInterceptor>, ParameterDecorator, string]>([
    ['one field', ImgwireFileInterceptor('avatar'), UploadedImage('photo'), "write @UploadedImage('avatar')"],
    [
      'a list',
      ImgwireFilesInterceptor('avatar', 2),
      UploadedImages('photo'),
      "write @UploadedImages('avatar')",
    ],
    [
      'fields',
      ImgwireFileFieldsInterceptor([{ name: 'avatar' }, { name: 'cover' }]),
      UploadedImage('photo', new ParseImagePipe()),
      "write @UploadedImage('avatar') or @UploadedImage('cover')",
    ],
    [
      'the rules of any',
      AnyImgwireFilesInterceptor({ fields: [{ name: 'avatar' }] }),
      UploadedImage('photo'),
      "write @UploadedImage('avatar')",
    ],
  ])(
    'a field that the interceptor does not receive fails the start: %s',
    async (_what, interceptor, parameter, said) => {
      const starting = startOne(controllerOf([interceptor], parameter));
      await expect(starting).rejects.toThrow(TypeError);
      await expect(starting).rejects.toThrow(
        /Interceptor\(.*\): AvatarController\.save\(\) has @UploadedImages?\('photo'\), a field that it does not receive: /,
      );
      await expect(starting).rejects.toThrow(said);
    },
  );

  it('a field of any name may be asked for behind AnyImgwireFilesInterceptor', async () => {
    const url = await startOne(controllerOf([AnyImgwireFilesInterceptor()], UploadedImage('avatar')));
    expect((await postForm(`${url}/avatar`, form)).status).toBe(201);
  });

  it("Nest's FileInterceptor beside one of ours fails the start", async () => {
    for (const interceptors of [
      [FileInterceptor('avatar'), ImgwireFileInterceptor('avatar')],
      [ImgwireFileInterceptor('avatar'), FileInterceptor('avatar')],
    ]) {
      await expect(startOne(controllerOf(interceptors))).rejects.toThrow(
        new TypeError(
          "ImgwireFileInterceptor('avatar'): AvatarController.save() has an interceptor of multer too, which reads the form: leave FileInterceptor() and its like out.",
        ),
      );
    }
  });

  if (name === 'Express') {
    it('a parser in front that has read the form is told with the name of the interceptor', async () => {
      const url = await start(
        {
          imports: [ImgwireModule.forRoot(connection)],
          controllers: [controllerOf([ImgwireFileInterceptor('avatar')])],
        },
        (nest) => nest.use(raw({ type: '*/*' })),
      );
      const answer: Answer = await postForm(`${url}/avatar`, form);
      expect(answer).toMatchObject({ status: 500, json: { code: 'BODY_ALREADY_READ' } });
      expect(answer.json.detail).toBe(
        "The request body was read before ImgwireFileInterceptor('avatar') could read it: leave out what reads bodies in front of it, such as FileInterceptor() and express.raw(), or keep the bytes as rawBody.",
      );
    });
  }

  it('a module without ImgwireModule is told to make it global, and followed literally that is one connection', async () => {
    @Module({ controllers: [controllerOf([ImgwireFileInterceptor('avatar')])] })
    class FeatureModule {}
    const imports = [ImgwireModule.forRoot(connection), FeatureModule];
    await expect(start({ imports })).rejects.toThrow(
      "ImgwireFileInterceptor('avatar'): there is no ImgwireModule here: import ImgwireModule.forRoot({ isGlobal: true }) once, in the root module, or pass an instance as `imgwire`.",
    );
    const url = await start({
      imports: [ImgwireModule.forRoot({ ...connection, isGlobal: true }), FeatureModule],
    });
    expect((await postForm(`${url}/avatar`, form)).status).toBe(201);
  });

  it.each([
    [undefined, '{ isGlobal: true }'],
    ['archive', "{ isGlobal: true, name: 'archive' }"],
  ])('a token controller without its module is told what to import: %s', async (imgwire, options) => {
    const controllers = [
      createImgwireUploadTokenController({ path: 'token', authorize: () => true, imgwire }),
    ];
    await expect(start({ controllers })).rejects.toThrow(
      `createImgwireUploadTokenController(): there is no ImgwireModule here: import ImgwireModule.forRoot(${options}) once, in the root module.`,
    );
  });
});

describe('ImgwireModule', () => {
  it('names what forRootAsync() cannot do without', () => {
    expect(() => ImgwireModule.forRootAsync({})).toThrow(
      new TypeError(
        'ImgwireModule.forRootAsync(): option "useFactory" is required: write useFactory: () => ({ apiKey }), or useClass, or useExisting.',
      ),
    );
    expect(() => ImgwireModule.forRootAsync({ useClass: class {} as never })).not.toThrow();
  });

  it('says isGlobal for global', async () => {
    const global = { global: true } as object;
    const said = 'unknown option "global"; write isGlobal: true';
    const [, adapter] = NEST_PLATFORMS[0] ?? [];
    const starting = createNest(
      { imports: [ImgwireModule.forRoot({ apiKey: 'sk_1', ...global })] },
      adapter?.() as never,
    );
    await expect(starting).rejects.toThrow(said);
    expect(() => ImgwireModule.forRootAsync({ useFactory: () => ({}), ...global })).toThrow(said);
    const inResult = ImgwireModule.forRootAsync({ useFactory: () => ({ apiKey: 'sk_1', ...global }) });
    await expect(createNest({ imports: [inResult] }, adapter?.() as never)).rejects.toThrow(
      `${said}, beside \`useFactory\``,
    );
  });
});
