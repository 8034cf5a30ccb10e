import fastifyMultipart from '@fastify/multipart';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  AnyImgwireFilesInterceptor,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
  ImgwireModule,
  type ImgwireModuleOptions,
  type ParseImageOptions,
  ParseImagePipe,
  type ReceivedFile,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  Controller,
  FileTypeValidator,
  type INestApplication,
  MaxFileSizeValidator,
  ParseFilePipe,
  ParseFilePipeBuilder,
  Post,
  type Type,
  UploadedFile,
  UploadedFiles,
  UseInterceptors,
} from '@nestjs/common';
import type { ExpressAdapter } from '@nestjs/platform-express';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Part, postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const bytes = await image('image/png');
const jpeg = await image('image/jpeg');
const png = (name: string): Part => ({ name, fileName: `${name}.png`, bytes });

const describeFile = ({ fieldname, mimetype, image }: ReceivedFile): object => ({
  fieldname,
  mimetype,
  id: image.id,
});
const anId = expect.any(String);

/** The routes of an upload as Nest's documentation writes them, but for the names of the interceptors. */
@Controller()
class NestController {
  @Post('one')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  one(@UploadedFile() file?: ReceivedFile): object {
    return { file: file && describeFile(file) };
  }

  @Post('many')
  @UseInterceptors(ImgwireFilesInterceptor('photos'))
  many(@UploadedFiles() files: ReceivedFile[]): object {
    return files.map(describeFile);
  }

  @Post('fields')
  @UseInterceptors(ImgwireFileFieldsInterceptor([{ name: 'cover', maxCount: 1 }, { name: 'photos' }]))
  fields(
    @UploadedFiles(new ParseImagePipe({ accept: ['image/png'], required: false }))
    files: Record<string, ReceivedFile[] | undefined>,
  ): object {
    return { cover: files['cover']?.map(describeFile), photos: files['photos']?.map(describeFile) };
  }

  @Post('any')
  @UseInterceptors(AnyImgwireFilesInterceptor())
  any(@UploadedFiles() files: ReceivedFile[]): object {
    return files.map(describeFile);
  }

  @Post('discard')
  @UseInterceptors(ImgwireFileInterceptor('avatar', { discardOnError: true }))
  discard(
    @UploadedFile(
      new ParseFilePipeBuilder()
        .addMaxSizeValidator({ maxSize: 1_000_000, message: 'too large' })
        .addFileTypeValidator({ fileType: 'image/png', skipMagicNumbersValidation: true })
        .build({ errorHttpStatusCode: 422 }),
    )
    file: ReceivedFile,
  ): object {
    return describeFile(file);
  }
}

const pngOnly = new FileTypeValidator({ fileType: 'image/png' });

/** A validator of the application, which has its own message; the private field is not to be read through another object. */
class PngValidator extends FileTypeValidator {
  readonly #message = 'only PNG, please';

  override buildErrorMessage(): string {
    return this.#message;
  }
}

@Controller()
class PipeController {
  @Post('type')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  type(@UploadedImage(new ParseImagePipe({ validators: [pngOnly] })) avatar: object): object {
    return avatar;
  }

  @Post('pattern')
  @UseInterceptors(ImgwireFilesInterceptor('avatar'))
  pattern(
    @UploadedFiles(
      new ParseImagePipe({ validators: [new FileTypeValidator({ fileType: /^image\/(png|webp)$/ })] }),
    )
    files: object[],
  ): number {
    return files.length;
  }

  @Post('own')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  own(
    @UploadedFile(new ParseImagePipe({ validators: [new PngValidator({ fileType: 'image/png' })] }))
    file: ReceivedFile,
  ): object {
    return describeFile(file);
  }
}

describe.each(NEST_PLATFORMS)("Nest's own file decorators and pipes on %s", (name, adapter) => {
  let emulator: Emulator;
  let app: INestApplication | undefined;
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await emulator.close();
  });

  const start = async (controller: Type, options: ImgwireModuleOptions = {}): Promise<string> => {
    const { apiKey, url: baseUrl } = emulator;
    app = await createNest(
      { imports: [ImgwireModule.forRoot({ apiKey, baseUrl, ...options })], controllers: [controller] },
      adapter() as ExpressAdapter | FastifyAdapter,
    );
    return listenNest(app);
  };

  it('@UploadedFile() gives the file of ImgwireFileInterceptor, and undefined without one', async () => {
    const url = await start(NestController);
    const { json } = await postForm(`${url}/one`, [png('avatar')]);
    expect(json).toEqual({ file: { fieldname: 'avatar', mimetype: 'image/png', id: anId } });
    expect(emulator.images.get(json.file.id)).toBeDefined();
    expect((await postForm(`${url}/one`, [{ name: 'title', value: 'Katze' }])).json).toEqual({});
    expect(await (await fetch(`${url}/one`, { method: 'POST' })).json()).toEqual({});
  });

  it('@UploadedFiles() gives the files of the other interceptors, in the shape of multer', async () => {
    const url = await start(NestController);
    const [photo, cover] = ['photos', 'cover'].map((fieldname) => ({
      fieldname,
      mimetype: 'image/png',
      id: anId,
    }));
    expect((await postForm(`${url}/many`, [png('photos'), png('photos')])).json).toEqual([photo, photo]);
    expect((await postForm(`${url}/any`, [png('photos'), png('cover')])).json).toEqual([photo, cover]);
    const fields = await postForm(`${url}/fields`, [png('photos'), png('cover'), png('photos')]);
    expect(fields.json).toEqual({ cover: [cover], photos: [photo, photo] });
    expect((await postForm(`${url}/fields`, [])).json).toEqual({});
    const refused = await postForm(`${url}/fields`, [{ name: 'cover', fileName: 'a', bytes: jpeg }]);
    expect(refused).toMatchObject({ status: 415, json: { code: 'UNSUPPORTED_IMAGE_TYPE', field: 'cover' } });
  });

  it('a ParseFilePipe that refuses has the image of @UploadedFile() discarded, where that is wanted', async () => {
    const url = await start(NestController);
    const refused = await postForm(`${url}/discard`, [{ name: 'avatar', fileName: 'a', bytes: jpeg }]);
    expect(refused).toMatchObject({ status: 422, json: { message: expect.stringContaining('image/jpeg') } });
    expect(emulator.images.list()).toEqual([]);
    expect(await postForm(`${url}/discard`, [])).toMatchObject({ json: { message: 'File is required' } });
    expect(await postForm(`${url}/discard`, [png('avatar')])).toMatchObject({ status: 201 });
    emulator.assertNothingPending();
  });

  it('FileTypeValidator in ParseImagePipe compares the type that was read from the bytes', async () => {
    const url = await start(PipeController);
    const jpegs = [{ name: 'avatar', fileName: 'a.png', type: 'image/png', bytes: jpeg }];
    for (const path of ['type', 'pattern', 'own']) {
      expect(await postForm(`${url}/${path}`, [png('avatar')]), path).toMatchObject({ status: 201 });
      expect(await postForm(`${url}/${path}`, jpegs), path).toMatchObject({
        status: 400,
        json: { message: path === 'own' ? 'only PNG, please' : expect.stringMatching(/type is image\/jpeg/) },
      });
    }
    // It is the application's: where there is a buffer, it still reads that.
    expect(await pngOnly.isValid({ mimetype: 'image/png', size: 1 })).toBe(false);
  });

  it('refusals of the interceptor, of ParseImagePipe and of a validator all have a `message`', async () => {
    const url = await start(PipeController, { limits: { fileSize: 10_000 } });
    const answers = [
      await postForm(`${url}/type`, [{ name: 'avatar', fileName: 'a', bytes: Buffer.alloc(20_000) }]),
      await postForm(`${url}/type`, []),
      await postForm(`${url}/type`, [{ name: 'avatar', fileName: 'a', bytes: jpeg }]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([413, 400, 400]);
    expect(answers.map(({ json }) => json.message)).toEqual([
      expect.stringMatching('The file is larger than'),
      'A required file is missing from the form.',
      expect.stringMatching('expected type is image/png'),
    ]);
    for (const { json } of answers.slice(0, 2)) expect(json.detail).toBe(json.message);
  });

  it('ParseImagePipe says the types, the bytes and the pixels as the interceptor does', async () => {
    const rules = [
      { accept: ['image/webp', 'image/png'] },
      { limits: { fileSize: 100 }, fileSize: 100 },
      { maxPixels: 10 },
    ] as const;
    const details = [];
    for (const { limits, ...rule } of rules as ReadonlyArray<ParseImageOptions & { limits?: object }>) {
      const { fileSize: _, ...own } = { ...rule, ...(limits && { limits }) };
      @Controller()
      class BothController {
        @Post('pipe')
        @UseInterceptors(ImgwireFileInterceptor('avatar'))
        pipe(@UploadedImage(new ParseImagePipe(rule)) avatar: object): object {
          return avatar;
        }

        @Post('rule')
        @UseInterceptors(ImgwireFileInterceptor('avatar', own))
        rule(): object {
          return {};
        }
      }
      const url = await start(BothController);
      const sent: Part[] = [{ name: 'avatar', fileName: 'a', bytes: jpeg }];
      const [ofPipe, ofRule] = await Promise.all(
        ['pipe', 'rule'].map((path) => postForm(`${url}/${path}`, sent)),
      );
      expect(ofPipe?.json).toEqual(ofRule?.json);
      details.push(ofPipe?.json.detail);
      await app?.close();
    }
    expect(details).toEqual([
      'The file is not an image of an accepted type (webp, png).',
      'The file is larger than 100 bytes.',
      expect.stringMatching(/^The image has \d+ × \d+ pixels; at most 10 in all are accepted\.$/),
    ]);
  });

  it('does not start where FileTypeValidator would wait for a buffer, and says what to write', async () => {
    @Controller()
    class AvatarController {
      @Post()
      @UseInterceptors(ImgwireFileInterceptor('avatar'))
      save(@UploadedFile(new ParseFilePipe({ validators: [pngOnly] })) file: ReceivedFile): object {
        return describeFile(file);
      }
    }
    await expect(start(AvatarController)).rejects.toThrow(
      "ImgwireFileInterceptor('avatar'): FileTypeValidator would read a buffer, and AvatarController.save() gets none: write new ParseImagePipe() instead of new ParseFilePipe(), with the same `validators`.",
    );
  });

  if (name !== 'Fastify') return;
  it('@UploadedFile() gives the file beside @fastify/multipart, whose request has a method of that name', async () => {
    const { apiKey, url: baseUrl } = emulator;
    app = await createNest(
      { imports: [ImgwireModule.forRoot({ apiKey, baseUrl })], controllers: [NestController] },
      adapter(),
    );
    await (app as NestFastifyApplication).register(fastifyMultipart as never);
    const url = await listenNest(app);
    expect((await postForm(`${url}/one`, [png('avatar')])).json).toMatchObject({ file: { id: anId } });
    expect((await postForm(`${url}/one`, [])).json).toEqual({});
    expect((await postForm(`${url}/many`, [png('photos')])).json).toMatchObject([{ id: anId }]);
  });
});

describe('@UploadedImage()', () => {
  class OwnPipe extends ParseFilePipe {}

  it.each([
    ['a pipe', new ParseFilePipe({ validators: [new MaxFileSizeValidator({ maxSize: 1 })] })],
    ['a class', ParseFilePipe],
    ['a class of the application', OwnPipe],
  ])("refuses Nest's ParseFilePipe, %s, when the parameter is decorated", (_what, pipe) => {
    const message =
      "@UploadedImage(): Nest's ParseFilePipe checks a file, and this parameter is an image: write new ParseImagePipe(), with the same `validators`.";
    expect(() => UploadedImage('avatar', pipe)).toThrow(new TypeError(message));
    expect(() => UploadedImage(pipe)).toThrow(TypeError);
  });
});
