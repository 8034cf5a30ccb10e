import 'reflect-metadata';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  getImgwireServiceToken,
  ImgwireFileInterceptor,
  type ImgwireImage,
  ImgwireModule,
  type ImgwireModuleOptions,
  ImgwireService,
  UploadedImage,
} from '@imgwire/nestjs';
import { ImgwireTestingModule } from '@imgwire/nestjs/testing';
import {
  Controller,
  type INestApplicationContext,
  Injectable,
  Module,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModule } from '@nestjs/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';

@Controller()
class AvatarController {
  @Post('avatar')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  avatar(@UploadedImage() avatar: ImgwireImage): object {
    return { id: avatar.id };
  }
}

/** As in an application, with an invalid key: any call to the real service fails. */
@Module({
  imports: [ImgwireModule.forRoot({ apiKey: 'sk_real', baseUrl: 'http://192.0.2.1', accept: ['image/png'] })],
  controllers: [AvatarController],
})
class AppModule {}

const png = await image('image/png');
const jpeg = await image('image/jpeg');
const formOf = (bytes: Buffer) => [{ name: 'avatar', fileName: 'a', bytes }];

const open: INestApplicationContext[] = [];
afterEach(async () => {
  for (const app of open.splice(0)) await app.close();
});
const compile = async (...imports: Parameters<typeof Test.createTestingModule>[0]['imports'] & object) => {
  const module = await Test.createTestingModule({ imports }).compile();
  open.push(module);
  return module;
};
const emulatorOf = (module: TestingModule, name?: string) => module.get(ImgwireTestingModule).emulator(name);
const upload = (module: TestingModule, name?: string) =>
  module.get<ImgwireService>(getImgwireServiceToken(name)).upload({ file: png, fileName: 'a.png' });

describe.each([
  ['Express', () => new ExpressAdapter()],
  ['Fastify', () => new FastifyAdapter()],
])('ImgwireTestingModule beside an application on %s', (_name, adapter) => {
  it('takes the uploads of routes and of the service, under the rules of the application, and closes with it', async () => {
    const module = await Test.createTestingModule({
      imports: [AppModule, ImgwireTestingModule.forRoot()],
    }).compile();
    const app = module.createNestApplication(adapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const emulator = app.get(ImgwireTestingModule).emulator();

    const stored = await postForm(`${url}/avatar`, formOf(png));
    const refused = await postForm(`${url}/avatar`, formOf(jpeg));
    const { id } = await upload(module);
    expect(refused.json.code).toBe('UNSUPPORTED_IMAGE_TYPE');
    expect(emulator.images.list().map((record) => record.id)).toEqual([stored.json.id, id]);
    emulator.faults.add({ route: 'create', status: 402 });
    expect(await postForm(`${url}/avatar`, formOf(png))).toMatchObject({ status: 503 });
    emulator.assertNothingPending();

    await app.close();
    emulator.assertNoOpenConnections();
    await expect(fetch(emulator.url)).rejects.toThrow('fetch failed');
  });
});

describe('ImgwireTestingModule', () => {
  it('gives each named module an emulator of its own, since they stand for Environments of their own', async () => {
    const archive = { name: 'archive', useFactory: async () => ({ apiKey: 'sk_real' }) };
    const module = await compile(
      AppModule,
      ImgwireModule.forRootAsync(archive),
      ImgwireTestingModule.forRoot(),
    );
    const { id } = await upload(module, 'archive');
    expect(emulatorOf(module, 'archive').images.get(id)).toBeDefined();
    expect(emulatorOf(module).images.list()).toEqual([]);
    await expect(module.get(ImgwireService).retrieve(id)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });

  describe('beside a factory of options that asks for a key, which the environment does not have', () => {
    const rules = { accept: ['image/png'] };
    const upload = async (module: TestingModule, bytes: Buffer): Promise<number> => {
      const app = module.createNestApplication(new ExpressAdapter(), { logger: false });
      await app.listen(0, '127.0.0.1');
      return (await postForm(`${await app.getUrl()}/avatar`, formOf(bytes))).status;
    };
    const appWith = (options: Parameters<typeof ImgwireModule.forRootAsync>[0]) => ({
      module: class {},
      imports: [ImgwireModule.forRootAsync(options)],
      controllers: [AvatarController],
    });

    it('keeps the rules of a factory that reads it with getOrThrow()', async () => {
      const app = appWith({
        imports: [ConfigModule.forRoot({ ignoreEnvFile: true })],
        inject: [ConfigService],
        useFactory: (config: ConfigService) => ({ apiKey: config.getOrThrow('SOME_IMGWIRE_KEY'), ...rules }),
      });
      await expect(compile(app)).rejects.toThrow('SOME_IMGWIRE_KEY');
      const module = await compile(app, ImgwireTestingModule.forRoot());
      expect(await upload(module, jpeg)).toBe(415);
      expect(await upload(module, png)).toBe(201);
      expect(emulatorOf(module).images.list()).toHaveLength(1);
    });

    it('starts without the rules of a factory that fails in another way, and says so', async () => {
      @Injectable()
      class OptionsFactory {
        createImgwireOptions(): ImgwireModuleOptions {
          throw new Error('no SOME_IMGWIRE_KEY');
        }
      }
      const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      const module = await compile(appWith({ useClass: OptionsFactory }), ImgwireTestingModule.forRoot());
      const printed = written.mock.calls.join('');
      written.mockRestore();
      expect(printed).toContain('could not be made: Error: no SOME_IMGWIRE_KEY. The test goes on without');
      expect(await upload(module, jpeg)).toBe(201);
    });

    it('does not stand in for other values that are missing', async () => {
      const asked: unknown[] = [];
      const config = {
        provide: 'config',
        useValue: { getOrThrow: (name: string) => Promise.reject(new Error(`no ${name}`)) },
      };
      const useFactory = async (service: { getOrThrow(name: string): Promise<number> }) => ({
        maxPixels: await service.getOrThrow('MAX_PIXELS').catch((error: unknown) => {
          asked.push(error);
          throw error;
        }),
      });
      const configs = { module: class {}, providers: [config], exports: ['config'] };
      const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      await compile(
        appWith({ imports: [configs], inject: ['config'], useFactory }),
        ImgwireTestingModule.forRoot(),
      );
      const printed = written.mock.calls.join('');
      written.mockRestore();
      expect(asked).toHaveLength(1);
      expect(printed).toContain('no MAX_PIXELS');
    });
  });

  it('gives modules of one name one emulator', async () => {
    const feature = (service: string, maxPixels: number) => ({
      module: class {},
      imports: [ImgwireModule.forRoot({ maxPixels })],
      providers: [{ provide: service, useExisting: ImgwireService }],
    });
    const module = await compile(feature('one', 1), feature('two', 2), ImgwireTestingModule.forRoot());
    const services = ['one', 'two'].map((name) => module.get<ImgwireService>(name));
    expect(new Set(services).size).toBe(2);
    for (const service of services) await service.upload({ file: png, fileName: 'a.png' });
    expect(emulatorOf(module).images.list()).toHaveLength(2);
  });

  it('says so when the application has no module of a name', async () => {
    const module = await compile(ImgwireModule.forRoot({ name: 'archive' }), ImgwireTestingModule.forRoot());
    expect(() => emulatorOf(module)).toThrow('there is no ImgwireModule in this application');
    expect(() => emulatorOf(module, 'old')).toThrow("there is no ImgwireModule of the name 'old'");
  });

  it('takes the place of a connection, a client and a dispatcher that the application brings, and leaves them open', async () => {
    const theirs = await startEmulator();
    const imgwire = createImgwire({ apiKey: theirs.apiKey, baseUrl: theirs.url });
    const never = () => Promise.reject(new Error('not to be called'));
    const images = {
      create: never,
      retrieve: never,
      list: never,
      delete: never,
      uploadViaUrl: never,
      createUploadToken: never,
    };
    const module = await compile(
      ImgwireModule.forRoot({ imgwire }),
      ImgwireModule.forRoot({ name: 'sdk', client: { images } }),
      ImgwireModule.forRoot({ name: 'proxy', dispatcher: { request: never } as never }),
      ImgwireTestingModule.forRoot(),
    );
    for (const name of [undefined, 'sdk', 'proxy']) {
      const { id } = await upload(module, name);
      expect(emulatorOf(module, name).images.get(id)).toBeDefined();
    }
    expect(theirs.requests).toEqual([]);
    await module.close();
    await expect(imgwire.list()).resolves.toMatchObject({ data: [] });
    await imgwire.close();
    await theirs.close();
  });

  it('keeps the deadlines of the application', async () => {
    const module = await compile(
      ImgwireModule.forRoot({ requestTimeoutMs: 50, maxAttempts: 1 }),
      ImgwireTestingModule.forRoot(),
    );
    emulatorOf(module).faults.add({ route: 'create', hang: true });
    await expect(upload(module)).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });

  it('reaches a module that is put in the place of another with overrideModule()', async () => {
    @Module({ imports: [ImgwireModule.forRoot({ apiKey: 'sk_real', accept: ['image/jpeg'] })] })
    class OtherModule {}
    const module = await Test.createTestingModule({ imports: [AppModule, ImgwireTestingModule.forRoot()] })
      .overrideModule(AppModule)
      .useModule(OtherModule)
      .compile();
    open.push(module);
    const { id } = await upload(module);
    expect(emulatorOf(module).images.get(id)).toBeDefined();
  });

  it('needs no Test: any application may import it', async () => {
    @Module({ imports: [AppModule, ImgwireTestingModule.forRoot({ apiKey: 'sk_local' })] })
    class LocalModule {}
    const app = await NestFactory.create(LocalModule, new ExpressAdapter(), { logger: false });
    open.push(app);
    const { id } = await app.get(ImgwireService).upload({ file: png, fileName: 'a.png' });
    const emulator = app.get(ImgwireTestingModule).emulator();
    expect(emulator.images.get(id)).toBeDefined();
    expect(emulator.apiKey).toBe('sk_local');
  });

  it.each([
    ['behind', [ImgwireModule.forRoot({ isGlobal: true }), ImgwireTestingModule.forRoot()]],
    ['in front of', [ImgwireTestingModule.forRoot(), ImgwireModule.forRoot({ isGlobal: true })]],
  ])(
    'imported %s the application, waits on close for an upload in flight before it takes the emulator away',
    async (_where, imports) => {
      const module = await compile(...imports);
      const emulator = emulatorOf(module);
      const stall = emulator.faults.add({ route: 'put', stallAfterBytes: 10 });
      const uploading = upload(module);
      await emulator.waitFor(() => stall.hits === 1);
      const closing = module.close();
      const another = (): Promise<unknown> => upload(module).catch((error: { code: string }) => error.code);
      await expect.poll(another).toBe('SHUTTING_DOWN');
      stall.remove();
      await expect(uploading).resolves.toMatchObject({ id: expect.any(String) });
      await closing;
      emulator.assertNoOpenConnections();
    },
  );

  it('may be closed twice', async () => {
    const module = await compile(ImgwireModule.forRoot(), ImgwireTestingModule.forRoot());
    await module.close();
    await module.close();
  });

  it('does not start with a wrong option, and names it', async () => {
    const wrong = ImgwireTestingModule.forRoot({ readyDelayMs: -1 });
    await expect(compile(ImgwireModule.forRoot(), wrong)).rejects.toThrow(/"?readyDelayMs"?/);
    await expect(
      compile(ImgwireModule.forRoot({ maxPixels: -1 }), ImgwireTestingModule.forRoot()),
    ).rejects.toThrow('ImgwireModule: option "maxPixels" must be an integer');
  });

  it('does not keep a process that could not start the application', async ({ signal }) => {
    const program = `
      import 'reflect-metadata';
      import { ImgwireModule } from '@imgwire/nestjs';
      import { ImgwireTestingModule } from '@imgwire/nestjs/testing';
      import { Test } from '@nestjs/testing';
      const broken = { provide: 'broken', useFactory: () => Promise.reject(new Error('no database')) };
      const imports = [ImgwireModule.forRoot(), ImgwireTestingModule.forRoot()];
      await Test.createTestingModule({ imports, providers: [broken] }).compile().catch(({ message }) => console.log(message));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      {
        signal,
        cwd: fileURLToPath(new URL('../../', import.meta.url)),
        env: {
          ...process.env,
          TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../../tsconfig.json', import.meta.url)),
        },
      },
    );
    expect(stdout.trim()).toBe('no database');
  });
});
