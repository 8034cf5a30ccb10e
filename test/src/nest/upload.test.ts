import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  AnyImgwireFilesInterceptor,
  type ImgwireError,
  ImgwireExceptionFilter,
  ImgwireFileFieldsInterceptor,
  ImgwireFileInterceptor,
  ImgwireFilesInterceptor,
  ImgwireHttpException,
  type ImgwireImage,
  ImgwireModule,
  ImgwireService,
  ParseImagePipe,
  UploadedImage,
  UploadedImages,
} from '@imgwire/nestjs';
import {
  type ArgumentsHost,
  Body,
  type CallHandler,
  type CanActivate,
  Catch,
  ConflictException,
  Controller,
  type ExceptionFilter,
  type ExecutionContext,
  Get,
  HttpException,
  type INestApplication,
  Inject,
  MaxFileSizeValidator,
  type ModuleMetadata,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Post,
  Query,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { APP_FILTER, HttpAdapterHost } from '@nestjs/core';
import { type Observable, throwError } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, makeImage } from '../support/images.ts';
import { createNest, listenNest, NEST_PLATFORMS } from './nest-app.ts';

const file = (name: string, bytes: Uint8Array, fileName = 'a.png'): Part => ({ name, fileName, bytes });

class SignedIn implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest();
    request.user = request.headers['x-user'];
    return Boolean(request.user);
  }
}

class Failing implements NestInterceptor {
  intercept(_context: ExecutionContext, _next: CallHandler): Observable<never> {
    return throwError(() => new ConflictException('later'));
  }
}

interface UserRequest {
  readonly user: string;
}

const keep = {};
const discard = { discardOnError: true };
const conflict = (): never => {
  throw new ConflictException('taken');
};

@Controller()
class UploadController {
  @Post('guarded')
  @UseGuards(SignedIn)
  @UseInterceptors(
    ImgwireFileInterceptor('avatar', {
      authorize: (req: UserRequest) => req.user !== 'eve',
      metadata: async (req: UserRequest, { fields }) => ({
        customMetadata: { user: req.user, title: String(fields['title']) },
      }),
    }),
  )
  guarded(@UploadedImage() avatar: ImgwireImage, @Body() body: object): object {
    return { avatar, body };
  }

  @Post('photos')
  @UseInterceptors(ImgwireFilesInterceptor('photos', 2))
  photos(@UploadedImages() photos: ImgwireImage[]): string[] {
    return photos.map(({ original_filename: name }) => name);
  }

  @Post('fields')
  @UseInterceptors(
    ImgwireFileFieldsInterceptor([{ name: 'cover', maxCount: 1, required: true }, { name: 'photos' }]),
  )
  fields(
    @UploadedImage('cover') cover: ImgwireImage,
    @UploadedImages('photos') photos: ImgwireImage[],
  ): object {
    return { cover: cover.original_filename, photos: photos.map((photo) => photo.original_filename) };
  }

  @Post('piped')
  @UseInterceptors(AnyImgwireFilesInterceptor(discard))
  piped(
    @UploadedImage(
      'avatar',
      new ParseImagePipe({
        accept: ['image/png'],
        maxPixels: 10_000,
        fileSize: 50_000,
        validators: [new MaxFileSizeValidator({ maxSize: 20_000, message: 'for Nest it is too large' })],
      }),
    )
    avatar: ImgwireImage,
    @UploadedImages(new ParseImagePipe({ required: false })) all: ImgwireImage[],
  ): object {
    return { avatar: avatar.id, all: all.length };
  }

  @Post('handler/keep')
  @UseInterceptors(ImgwireFileInterceptor('avatar', keep))
  handlerKeep(): never {
    return conflict();
  }

  @Post('handler/discard')
  @UseInterceptors(ImgwireFileInterceptor('avatar', discard))
  async handlerDiscard(): Promise<never> {
    return conflict();
  }

  @Post('pipe/keep')
  @UseInterceptors(ImgwireFileInterceptor('avatar', keep))
  pipeKeep(@Query('n', ParseIntPipe) n: number): number {
    return n;
  }

  @Post('pipe/discard')
  @UseInterceptors(ImgwireFileInterceptor('avatar', discard))
  pipeDiscard(@Query('n', ParseIntPipe) n: number): number {
    return n;
  }

  @Post('interceptor/keep')
  @UseInterceptors(ImgwireFileInterceptor('avatar', keep), Failing)
  interceptorKeep(): void {
    // Never reached: `Failing` rejects every request.
  }

  @Post('interceptor/discard')
  @UseInterceptors(ImgwireFileInterceptor('avatar', discard), Failing)
  interceptorDiscard(): void {
    // Never reached: `Failing` rejects every request.
  }

  @Post('call')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  async call(): Promise<void> {
    await this.imgwire.retrieve('00000000-0000-0000-0000-000000000000');
  }

  @Get('images/:id')
  @UseFilters(ImgwireExceptionFilter)
  find(@Param('id') id: string): Promise<ImgwireImage> {
    return this.imgwire.retrieve(id);
  }

  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}
}

describe.each(NEST_PLATFORMS)('an upload route of Nest on %s', (_name, adapter) => {
  let emulator: Emulator;
  let app: INestApplication;
  let url: string;
  const start = async (metadata: ModuleMetadata = {}): Promise<void> => {
    app = await createNest(
      {
        imports: [ImgwireModule.forRoot({ apiKey: emulator.apiKey, baseUrl: emulator.url, maxAttempts: 1 })],
        controllers: [UploadController],
        ...metadata,
      },
      adapter(),
    );
    url = await listenNest(app);
  };
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await app.close();
    await emulator.close();
  });

  it('asks its guards before a byte of the body is read', async () => {
    await start();
    const form = encodeForm([file('avatar', await image('image/png'))]);
    const post = openPost(`${url}/guarded`, form.length);
    post.request.flushHeaders();
    expect(await post.answer).toMatchObject({ status: 403 });
    post.request.destroy();
    expect(emulator.requests).toEqual([]);
  });

  it('gives rules the request of the platform, with what guards have put on it', async () => {
    await start();
    const parts = [{ name: 'title', value: 'Katze' }, file('avatar', await image('image/png'))];
    const answer = await postForm(`${url}/guarded`, parts, { headers: { 'x-user': 'ann' } });
    expect(answer.json).toMatchObject({
      avatar: { custom_metadata: { user: 'ann', title: 'Katze' } },
      body: { title: 'Katze' },
    });
    const refused = await postForm(`${url}/guarded`, parts, { headers: { 'x-user': 'eve' } });
    expect(refused).toMatchObject({ status: 403, json: { code: 'FORBIDDEN' } });
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('gives the images of the form in its order, and refuses one too many', async () => {
    await start();
    const bytes = await image('image/png');
    const photos = ['b', 'a', 'c'].map((name) => file('photos', bytes, name));
    expect((await postForm(`${url}/photos`, photos.slice(0, 2))).json).toEqual(['b', 'a']);
    expect((await postForm(`${url}/photos`, photos)).json.code).toBe('LIMIT_UNEXPECTED_FILE');
  });

  it('gives the images of a field by its name', async () => {
    await start();
    const bytes = await image('image/png');
    const parts = [file('photos', bytes, 'p1'), file('cover', bytes, 'c'), file('photos', bytes, 'p2')];
    expect((await postForm(`${url}/fields`, parts)).json).toEqual({ cover: 'c', photos: ['p1', 'p2'] });
    expect((await postForm(`${url}/fields`, parts.slice(0, 1))).json).toMatchObject({
      code: 'FILE_REQUIRED',
      field: 'cover',
    });
  });

  it('refuses what is no form where there must be a file, although its body was parsed', async () => {
    await start();
    const answer = await fetch(`${url}/fields`, {
      method: 'POST',
      body: '{"cover":"none"}',
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ code: 'NOT_MULTIPART' });
  });

  it('checks images in a pipe without their bytes, and answers as the interceptor does', async () => {
    await start();
    const png = await image('image/png');
    const answer = await postForm(`${url}/piped`, [file('avatar', png), file('other', png)]);
    expect(answer.json).toEqual({ avatar: expect.any(String), all: 2 });
    const large = await makeImage('image/png', { width: 101, height: 100 });
    const cases = [
      [[file('other', png)], 400, 'FILE_REQUIRED'],
      [[file('avatar', await image('image/jpeg'))], 415, 'UNSUPPORTED_IMAGE_TYPE'],
      [[file('avatar', large)], 413, 'TOO_MANY_PIXELS'],
      [[file('avatar', png.subarray(0, 12))], 415, 'PIXELS_UNKNOWN'],
      [[file('avatar', Buffer.concat([png, Buffer.alloc(50_000)]))], 413, 'LIMIT_FILE_SIZE'],
    ] as const;
    for (const [parts, status, code] of cases) {
      const refused = await postForm(`${url}/piped`, parts);
      expect(refused).toMatchObject({ status, json: { status, code } });
      expect(refused.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    }
    const refused = await postForm(`${url}/piped`, [
      file('avatar', Buffer.concat([png, Buffer.alloc(25_000)])),
    ]);
    expect(refused).toMatchObject({ status: 400, json: { message: 'for Nest it is too large' } });
    expect(emulator.images.list()).toHaveLength(2);
  });

  it.each([
    ['the handler', 'handler', 409],
    ['a pipe', 'pipe', 400],
    ['a later interceptor', 'interceptor', 409],
  ])('removes the images when %s fails, if it is told to', async (_who, path, status) => {
    await start();
    const parts = [file('avatar', await image('image/png'))];
    expect(await postForm(`${url}/${path}/discard`, parts)).toMatchObject({ status });
    expect(emulator.images.list()).toEqual([]);
    expect(await postForm(`${url}/${path}/keep`, parts)).toMatchObject({ status });
    expect(emulator.images.list()).toHaveLength(1);
  });

  it('gives filters an HttpException with the problem as its response and the error as its cause', async () => {
    const caught: HttpException[] = [];
    @Catch(HttpException)
    class TeapotFilter implements ExceptionFilter<HttpException> {
      constructor(@Inject(HttpAdapterHost) private readonly host: HttpAdapterHost) {}

      catch(exception: HttpException, host: ArgumentsHost): void {
        caught.push(exception);
        this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { short: 'and stout' }, 418);
      }
    }
    await start({ providers: [{ provide: APP_FILTER, useClass: TeapotFilter }] });
    const answer = await postForm(`${url}/photos`, [file('photos', Buffer.from('no image'))]);
    expect(answer).toMatchObject({ status: 418, json: { short: 'and stout' } });
    const [exception] = caught;
    expect(exception).toBeInstanceOf(ImgwireHttpException);
    const cause = exception?.cause as ImgwireError;
    expect(cause).toMatchObject({ name: 'ImgwireError', code: 'UNSUPPORTED_IMAGE_TYPE' });
    expect(exception).toMatchObject({ message: cause.message, code: cause.code });
    expect(exception?.getStatus()).toBe(415);
    expect(exception?.getResponse()).toEqual({ ...cause.toJSON(), message: cause.message });
  });

  it('answers a failed call of the service as a problem, behind the interceptor and behind the filter', async () => {
    await start();
    emulator.faults.add({ route: 'retrieve', status: 429, headers: { 'retry-after': '120' }, times: 2 });
    const form = [file('avatar', await image('image/png'))];
    const [uploaded, found] = [await postForm(`${url}/call`, form), await fetch(`${url}/images/x`)];
    expect(uploaded).toMatchObject({ status: 503, json: { code: 'UPSTREAM_UNAVAILABLE', retryAfter: 120 } });
    expect(uploaded.headers).toMatchObject({
      'retry-after': '120',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(found.status).toBe(503);
    expect(found.headers.get('retry-after')).toBe('120');
    expect(found.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(await found.text()).toBe(uploaded.text);
  });
});
