import { readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { startEmulator } from '@imgwire/emulator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { overRest, uploadSuite } from '../support/upload-suite.ts';
import {
  createProject,
  type NestVersion,
  packPackages,
  projectTarget,
  run,
  startProgram,
} from './nest-project.ts';
import { NEST_STARTS } from './starts.ts';
import { outcomeOf } from './starts-outcome.ts';

/** Nest's own uploads on Fastify, new in 12, with our storage: the workspace has no Nest 12 to type-check this. */
const MULTIPART = `
import 'reflect-metadata';
import { createImgwire, ImgwireFileInterceptor, type ImgwireImage, ImgwireModule, type ReceivedFile, UploadedImage } from '@imgwire/nestjs';
import { Controller, Module, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FileInterceptor } from '@nestjs/platform-fastify/multipart';

const imgwire = createImgwire(JSON.parse(process.argv[2] ?? ''));

@Controller()
class AvatarController {
  @Post('theirs')
  @UseInterceptors(FileInterceptor('avatar', { storage: imgwire.storage() }))
  theirs(@UploadedFile() file: ReceivedFile): object {
    return { id: file.image.id, size: file.size };
  }

  @Post('ours')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  ours(@UploadedImage() image: ImgwireImage): object {
    return { id: image.id };
  }
}

@Module({ imports: [ImgwireModule.forRoot({ imgwire })], controllers: [AvatarController] })
class AppModule {}

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false });
  await app.listen(0, '127.0.0.1');
  process.once('message', async () => {
    await app.close();
    await imgwire.close();
    process.disconnect();
  });
  process.send?.(await app.getUrl());
}
void main();
`;

/** One lifecycle of the application that starts in every way. The process is not killed: it exits when no handle is open. */
const START = `
import { liveAs } from './starts.ts';
const [start = '', options = ''] = process.argv.slice(2);
void liveAs(start, JSON.parse(options)).then((outcome) => console.log(JSON.stringify(outcome)));
`;

/** Nest's own validators and decorators behind our interceptor: since 10.4.16 and 11.0.16 its FileTypeValidator reads a buffer. */
const NEST_FILES = `
import 'reflect-metadata';
import { ImgwireFileInterceptor, ImgwireModule, ParseImagePipe, type ReceivedFile, UploadedImage } from '@imgwire/nestjs';
import { Controller, FileTypeValidator, Module, ParseFilePipe, Post, type Type, UploadedFile, UseInterceptors } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [options = '', png = '', jpeg = ''] = process.argv.slice(2);
const validators = [new FileTypeValidator({ fileType: 'image/png' })];

@Controller()
class ImageController {
  @Post('image')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  image(@UploadedImage(new ParseImagePipe({ validators })) image: object): object {
    return image;
  }

  @Post('file')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  file(@UploadedFile(new ParseImagePipe({ validators })) file: ReceivedFile): object {
    return file.image;
  }
}

@Controller()
class FileController {
  @Post('file')
  @UseInterceptors(ImgwireFileInterceptor('avatar'))
  file(@UploadedFile(new ParseFilePipe({ validators })) file: ReceivedFile): object {
    return file.image;
  }
}

async function start(controller: Type<unknown>) {
  @Module({ imports: [ImgwireModule.forRoot(JSON.parse(options))], controllers: [controller] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  return app;
}

async function main(): Promise<void> {
  const app = await start(ImageController);
  const url = await app.getUrl();
  const outcome: unknown[] = [];
  for (const path of ['image', 'file']) {
    for (const bytes of [png, jpeg]) {
      const body = new FormData();
      body.set('avatar', new Blob([Buffer.from(bytes, 'base64')]), 'a');
      const answer = await fetch(url + '/' + path, { method: 'POST', body });
      const { message } = (await answer.json()) as { message?: string };
      outcome.push([answer.status, message]);
    }
  }
  await app.close();
  const error: unknown = await start(FileController).catch((error: unknown) => error);
  console.log(JSON.stringify([...outcome, String(error)]));
}
void main();
`;

/** The tests of a Nest developer, with Jest's own names. */
const OVERRIDES_SPEC = `
import { afterEach, describe, expect, it } from '@jest/globals';
import { overridesSuite } from './overrides.ts';
overridesSuite({ describe, it, afterEach, expect });
`;

/** A self-contained file of the tests, for a project. */
const source = (name: string): Promise<string> => readFile(new URL(name, import.meta.url), 'utf8');

/** The packed packages under one version of Nest, in a project of its own. */
export function versionSuite(version: NestVersion): void {
  let tarballs: ReadonlyMap<string, string>;
  beforeAll(async () => {
    tarballs = await packPackages(['core', 'emulator', 'nestjs']);
  });
  afterAll(async () => {
    const [tarball = ''] = [...tarballs.values()];
    await rm(dirname(tarball.replace('file:', '')), { recursive: true });
  });

  describe(`Nest ${version.nest} with the packed packages`, () => {
    let folder: string;
    beforeAll(async () => {
      folder = await createProject(version, tarballs, {
        'starts.ts': await source('starts.ts'),
        'start.ts': START,
        'nest-files.ts': NEST_FILES,
        'overrides.ts': await source('overrides.ts'),
        'overrides.spec.ts': OVERRIDES_SPEC,
        ...(version.nest >= 12 && { 'multipart.ts': MULTIPART }),
      });
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('is the version that is installed, with packages from tarballs only', async () => {
      const tree = await run(folder, 'npm', 'ls', '@nestjs/core', '@imgwire/core', '--json');
      expect(tree).toContain(`"version": "${version.nest}.`);
      expect(tree).toContain('core.tgz');
      expect(tree).not.toMatch(/"resolved": "https?:[^"]+imgwire/);
    });

    it(`runs the example in Jest with ts-jest (${version.jest})`, async () => {
      const flags = version.jest === 'module' ? ['--experimental-vm-modules'] : [];
      const printed = await run(folder, process.execPath, ...flags, 'node_modules/jest/bin/jest.js');
      expect(printed).toMatch(/Tests: +11 passed, 11 total/);
    });

    it(`overrides and mocks in Jest (${version.jest})`, async () => {
      const flags = version.jest === 'module' ? ['--experimental-vm-modules'] : [];
      const config = { rootDir: join(folder, version.jest, 'dist'), testEnvironment: 'node', transform: {} };
      const jest = ['node_modules/jest/bin/jest.js', '--config', JSON.stringify(config)];
      const printed = await run(
        folder,
        process.execPath,
        ...flags,
        ...jest,
        '--testRegex',
        'overrides.spec.js$',
      );
      expect(printed).toMatch(/Tests: +9 passed, 9 total/);
    });

    for (const type of version.programs) {
      describe(`as ${type}`, () => {
        const program = (name: string): string => join(folder, type, 'dist', name);
        for (const name of ['Nest on Express', 'Nest on Fastify']) {
          uploadSuite(
            name,
            projectTarget(name, () => program('nest-child.js')),
            overRest,
          );
        }

        it.each(Object.keys(NEST_STARTS))('starts as %s, uploads and ends by itself', async (start) => {
          const emulator = await startEmulator();
          const options = JSON.stringify(overRest(emulator));
          const printed = await run(folder, process.execPath, program('start.js'), start, options);
          expect(JSON.parse(printed)).toEqual(outcomeOf(start));
          emulator.assertNothingPending();
          await emulator.waitFor((e) => e.connections() === 0);
          await emulator.close();
        });

        it("has images checked by Nest's FileTypeValidator, and does not start where it would wait for a buffer", async () => {
          const emulator = await startEmulator();
          const files = [await image('image/png'), await image('image/jpeg')].map((bytes) =>
            bytes.toString('base64'),
          );
          const options = JSON.stringify(overRest(emulator));
          const printed = await run(folder, process.execPath, program('nest-files.js'), options, ...files);
          const refused = [400, expect.stringContaining('expected type is image/png')];
          expect(JSON.parse(printed)).toEqual([
            ...[[201, null], refused],
            ...[[201, null], refused],
            expect.stringMatching(
              /FileTypeValidator would read a buffer, and FileController.file\(\) gets none/,
            ),
          ]);
          await emulator.close();
        });

        if (version.nest < 12) return;
        it("stores through Nest's own uploads on Fastify, beside ours", async () => {
          const emulator = await startEmulator();
          const running = await startProgram(program('multipart.js'), overRest(emulator));
          const bytes = await image('image/png');
          const form = [{ name: 'avatar', fileName: 'a.png', bytes }];
          const theirs = await postForm(`${running.url}/theirs`, form);
          const ours = await postForm(`${running.url}/ours`, form);
          expect(theirs.json).toEqual({ id: expect.any(String), size: bytes.length });
          expect(emulator.images.list().map(({ id }) => id)).toEqual([theirs.json.id, ours.json.id]);
          await running.close();
          await emulator.close();
        });
      });
    }
  });
}
