// Tests of an application, as a Nest developer writes them. They run in vitest and, in separate projects, in Jest.
import 'reflect-metadata';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  createImgwireUploadTokenController,
  getImgwireOptionsToken,
  getImgwireServiceToken,
  getImgwireToken,
  type Imgwire,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  ImgwireService,
  UploadedImage,
} from '@imgwire/nestjs';
import {
  Controller,
  Delete,
  type INestApplication,
  Inject,
  Param,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { PIXEL } from './starts.ts';

@Controller('avatars')
class AvatarController {
  constructor(@Inject(ImgwireService) private readonly imgwire: ImgwireService) {}

  @Post()
  @UseInterceptors(ImgwireFileInterceptor('avatar', { required: true }))
  save(@UploadedImage() avatar: ImgwireImage): string {
    return avatar.id;
  }

  @Post('bytes')
  async bytes(): Promise<string> {
    return (await this.imgwire.upload({ file: Buffer.from(PIXEL, 'base64'), fileName: 'a.png' })).id;
  }

  @Delete(':id')
  remove(@Param('id') id: string): Promise<void> {
    return this.imgwire.delete(id);
  }
}

@Controller('scans')
class ScanController {
  @Post()
  @UseInterceptors(ImgwireFileInterceptor('avatar', { imgwire: 'archive' }))
  save(@UploadedImage() scan: ImgwireImage): string {
    return scan.id;
  }
}

/** The API common to vitest and Jest. */
export interface TestRunner {
  describe(name: string, define: () => void): void;
  it(name: string, run: () => Promise<void>): void;
  afterEach(run: () => Promise<void>): void;
  expect(value: unknown): {
    toEqual(expected: unknown): void;
    toBe(expected: unknown): void;
    readonly rejects: { toThrow(message: string): Promise<void> };
  };
}

/** Unit tests and overrides, for either runner. */
export function overridesSuite({ describe, it, afterEach, expect }: TestRunner): void {
  const open: { close(): Promise<unknown> }[] = [];
  afterEach(async () => {
    // In reverse order: each depends on those opened before it.
    for (const each of open.splice(0).reverse()) await each.close();
  });
  const opened = <T extends { close(): Promise<unknown> }>(each: T): T => {
    open.push(each);
    return each;
  };
  const emulate = async (): Promise<Emulator> => opened(await startEmulator());
  const optionsOf = ({ apiKey, url }: Emulator): { apiKey: string; baseUrl: string } => ({
    apiKey,
    baseUrl: url,
  });
  const listen = async (builder: TestingModuleBuilder): Promise<{ app: INestApplication; url: string }> => {
    const app = opened((await builder.compile()).createNestApplication());
    await app.listen(0, '127.0.0.1');
    return { app, url: await app.getUrl() };
  };
  const post = async (url: string): Promise<number> => {
    const body = new FormData();
    body.set('avatar', new Blob([Buffer.from(PIXEL, 'base64')]), 'a.png');
    const answer = await fetch(url, { method: 'POST', body });
    await answer.text();
    return answer.status;
  };
  const imagesOf = (...emulators: Emulator[]): number[] =>
    emulators.map(({ images }) => images.list().length);
  /** Options whose factory must not run: a test that overrides their connection has no key. */
  const unavailable = (name?: string) =>
    ImgwireModule.forRootAsync({
      name,
      useFactory: () => {
        throw new Error('no configuration in tests');
      },
    });

  describe('a unit test of a controller that has an upload route', () => {
    it('needs no module beside a fake service', async () => {
      const deleted: string[] = [];
      const fake = { delete: async (id: string) => void deleted.push(id) };
      const unit = await Test.createTestingModule({
        controllers: [AvatarController],
        providers: [{ provide: ImgwireService, useValue: fake }],
      }).compile();
      await unit.get(AvatarController).remove('abc');
      expect(deleted).toEqual(['abc']);
      await unit.init();
      await unit.close();
    });

    it('takes mocks for everything, and its application starts on them', async () => {
      const builder = Test.createTestingModule({
        controllers: [
          AvatarController,
          ScanController,
          createImgwireUploadTokenController({ path: 'token', authorize: () => true }),
        ],
      }).useMocker(() => ({ delete: async () => undefined }));
      const { url } = await listen(builder);
      expect((await fetch(`${url}/avatars/abc`, { method: 'DELETE' })).status).toBe(200);
    });

    it('is told of the missing module when its application starts', async () => {
      const builder = Test.createTestingModule({
        controllers: [AvatarController],
        providers: [{ provide: ImgwireService, useValue: {} }],
      });
      const app = opened((await builder.compile()).createNestApplication());
      await expect(app.init()).rejects.toThrow(
        "ImgwireFileInterceptor('avatar'): there is no ImgwireModule here: import ImgwireModule.forRoot({ isGlobal: true })",
      );
    });

    it('receives forms over a connection that is provided without the module', async () => {
      const emulator = await emulate();
      const imgwire = opened(createImgwire(optionsOf(emulator)));
      const builder = Test.createTestingModule({
        controllers: [AvatarController],
        providers: [
          { provide: ImgwireService, useValue: {} },
          { provide: getImgwireToken(), useValue: imgwire },
        ],
      });
      const { url } = await listen(builder);
      expect(await post(`${url}/avatars`)).toBe(201);
      expect(imagesOf(emulator)).toEqual([1]);
    });
  });

  describe('overrideProvider()', () => {
    it('gives a fake service to whoever injects it; forms go over the connection', async () => {
      const emulator = await emulate();
      const builder = Test.createTestingModule({
        imports: [ImgwireModule.forRoot(optionsOf(emulator))],
        controllers: [AvatarController],
      })
        .overrideProvider(ImgwireService)
        .useValue({ upload: async () => ({ id: 'fake' }) });
      const { url } = await listen(builder);
      const answer = await fetch(`${url}/avatars/bytes`, { method: 'POST' });
      expect(await answer.text()).toBe('fake');
      expect(imagesOf(emulator)).toEqual([0]);
      expect(await post(`${url}/avatars`)).toBe(201);
      expect(imagesOf(emulator)).toEqual([1]);
    });

    it('reaches the interceptors with a service of another connection', async () => {
      const [emulator, unused] = [await emulate(), await emulate()];
      const imgwire = opened(createImgwire(optionsOf(emulator)));
      const builder = Test.createTestingModule({
        imports: [ImgwireModule.forRoot(optionsOf(unused))],
        controllers: [AvatarController],
      })
        .overrideProvider(ImgwireService)
        .useValue(new ImgwireService(imgwire));
      const { url } = await listen(builder);
      expect(await post(`${url}/avatars`)).toBe(201);
      expect(await post(`${url}/avatars/bytes`)).toBe(201);
      expect(imagesOf(emulator, unused)).toEqual([2, 0]);
    });

    it('reaches the service and the interceptors with another connection, and leaves it open', async () => {
      const [main, archive] = [await emulate(), await emulate()];
      const imgwire = opened(createImgwire(optionsOf(main)));
      const builder = Test.createTestingModule({
        imports: [unavailable('archive'), ImgwireModule.forRoot(optionsOf(archive))],
        controllers: [AvatarController, ScanController],
      })
        .overrideProvider(getImgwireOptionsToken('archive'))
        .useValue(optionsOf(archive))
        .overrideProvider(getImgwireToken())
        .useValue(imgwire);
      const { app, url } = await listen(builder);
      expect(await post(`${url}/avatars`)).toBe(201);
      expect(await post(`${url}/avatars/bytes`)).toBe(201);
      expect(imagesOf(main, archive)).toEqual([2, 0]);
      expect(await post(`${url}/scans`)).toBe(201);
      expect(imagesOf(main, archive)).toEqual([2, 1]);
      await app.close();
      expect((await imgwire.list()).data.length).toBe(2);
    });

    it('needs no key in the options of a connection that it replaces', async () => {
      const emulator = await emulate();
      const imgwire = opened(createImgwire(optionsOf(emulator)));
      const builder = Test.createTestingModule({
        imports: [ImgwireModule.forRoot({ accept: ['image/jpeg'] })],
        controllers: [AvatarController],
      })
        .overrideProvider(getImgwireToken())
        .useValue(imgwire);
      const { url } = await listen(builder);
      // The rules of the module still apply.
      expect(await post(`${url}/avatars`)).toBe(415);
      expect(await post(`${url}/avatars/bytes`)).toBe(201);
    });

    it('reaches the service and the interceptors with other options, whose factory does not run', async () => {
      const emulator = await emulate();
      const builder = Test.createTestingModule({
        imports: [unavailable(), unavailable('archive')],
        controllers: [AvatarController, ScanController],
      })
        .overrideProvider(getImgwireOptionsToken())
        .useValue({ ...optionsOf(emulator), accept: ['image/jpeg'] })
        .overrideProvider(getImgwireOptionsToken('archive'))
        .useValue(optionsOf(emulator));
      const { app, url } = await listen(builder);
      expect(await post(`${url}/avatars`)).toBe(415);
      expect(await post(`${url}/avatars/bytes`)).toBe(201);
      expect(await post(`${url}/scans`)).toBe(201);
      expect((await app.get<ImgwireService>(getImgwireServiceToken('archive')).list()).data.length).toBe(2);
      const own = app.get<Imgwire>(getImgwireToken());
      await app.close();
      await expect(own.list()).rejects.toThrow('The server is shutting down');
    });
  });
}
