import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packPackages, run } from '../../nest/nest-project.ts';
import { createConsumer } from './consumer.ts';

/** What one project installs, and how each TypeScript resolves the packages in it. */
interface Project {
  readonly name: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly resolutions: Readonly<Record<string, readonly Resolution[]>>;
}

type Resolution = keyof typeof RESOLUTIONS;
const NODENEXT = { module: 'nodenext', moduleResolution: 'nodenext' };
/** How the modules are found; and, for one of these ways, how strictly types are told apart. */
const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  nodenext: NODENEXT,
  bundler: { module: 'esnext', moduleResolution: 'bundler' },
  'not-strict': { ...NODENEXT, strict: false },
  exact: { ...NODENEXT, exactOptionalPropertyTypes: true },
};
const STRICTNESS: readonly Resolution[] = ['nodenext', 'not-strict', 'exact'];
const MODULES: readonly Resolution[] = ['nodenext', 'node16', 'bundler'];
const ALL: readonly Resolution[] = [...MODULES, 'not-strict', 'exact'];
const COMPILER_OPTIONS = {
  target: 'es2022',
  lib: ['es2022'],
  types: ['node'],
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  esModuleInterop: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  allowJs: true,
  checkJs: true,
};

const COMMON = {
  '@types/node': '^20.19.0',
  bullmq: '^6.0.0',
  fastify: '^5.0.0',
  ioredis: '^6.0.0',
  'reflect-metadata': '^0.2.0',
  rxjs: '^7.0.0',
};
const PROJECTS: readonly Project[] = [
  {
    name: 'Express 5 and Nest 11',
    packages: {
      ...COMMON,
      express: '^5.0.0',
      '@types/express': '^5.0.0',
      '@nestjs/common': '^11.0.0',
      '@nestjs/core': '^11.0.0',
    },
    // Everything with the lowest and the newest; those between have nothing of their own in how they resolve or how strict they are.
    resolutions: {
      '5.4': ALL,
      '5.5': ['nodenext'],
      '5.6': ['nodenext'],
      '5.7': ['nodenext'],
      '5.8': ['nodenext'],
      '5.9': MODULES,
      '6.0': MODULES,
      '7.0': ALL,
    },
  },
  {
    name: 'Express 4 and Nest 12',
    packages: {
      ...COMMON,
      bullmq: '5.66.0',
      ioredis: '^5.8.2',
      express: '4.18.0',
      '@types/express': '^4.17.0',
      '@nestjs/common': '^12.0.0',
      '@nestjs/core': '^12.0.0',
    },
    resolutions: { '5.9': STRICTNESS },
  },
];

/** What an application writes that has an image of its own on its requests. */
const OWN_IMAGE: Readonly<Record<string, string>> = {
  express: `
    import { type ImgwireImage, imgwireUpload, withImage } from '@imgwire/express';
    import express from 'express';
    declare module '@imgwire/express' { interface OwnRequestProperties { image: true } }
    declare global { namespace Express { interface Request { image: 'theirs' } } }
    const upload = imgwireUpload();
    export const app = express();
    app.get('/', (req, res) => { const own: 'theirs' = req.image; res.send(own); });
    app.post('/', upload.single('a'), (req) => { const ours: ImgwireImage | undefined = req.images?.[0]; return ours; });
    app.post('/', upload.single('a'), withImage((req) => { const ours: ImgwireImage = req.image; return ours; }));
  `,
  fastify: `
    import { type ImgwireImage, imgwire, withImage } from '@imgwire/fastify';
    import { fastify } from 'fastify';
    declare module '@imgwire/fastify' { interface OwnRequestProperties { image: true } }
    declare module 'fastify' { interface FastifyRequest { image: 'theirs' } }
    export const app = fastify();
    app.register(imgwire);
    app.get('/', async (request) => { const own: 'theirs' = request.image; return own; });
    app.post('/', async (request) => { const ours: ImgwireImage | undefined = request.images?.[0]; return ours; });
    app.post('/', withImage(async (request) => { const ours: ImgwireImage = request.image; return ours; }));
  `,
};

let tarballs: ReadonlyMap<string, string>;
beforeAll(async () => {
  tarballs = await packPackages([
    'core',
    'express',
    'fastify',
    'web',
    'client',
    'nestjs',
    'bullmq',
    'emulator',
  ]);
});
afterAll(async () => {
  const [tarball = ''] = [...tarballs.values()];
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
});

/** A project with every consumer as an ES module and as CommonJS, TypeScript and JavaScript. */
async function createProject({ packages, resolutions }: Project): Promise<string> {
  const compilers = Object.keys(resolutions).map((version) => [
    `typescript-${version}`,
    `npm:typescript@~${version}.0`,
  ]);
  const folder = await createConsumer(tarballs, { ...packages, ...Object.fromEntries(compilers) });
  // The official SDK, as far as its declarations go.
  const sdk = fileURLToPath(new URL('./imgwire-node', import.meta.url));
  await cp(sdk, join(folder, 'node_modules/@imgwire/node'), { recursive: true });
  const types = fileURLToPath(new URL('./types', import.meta.url));
  for (const name of await readdir(types)) {
    await cp(join(types, name), join(folder, name.replace('.ts', '.mts')));
    await cp(join(types, name), join(folder, name.replace('.ts', '.cts')));
  }
  for (const [name, resolution] of Object.entries(RESOLUTIONS)) {
    const compilerOptions = { ...COMPILER_OPTIONS, ...resolution };
    const include = ['*.mts', '*.cts', '*.mjs', '*.cjs'];
    await writeFile(join(folder, `tsconfig.${name}.json`), JSON.stringify({ compilerOptions, include }));
  }
  await mkdir(join(folder, 'own-image'));
  for (const [name, source] of Object.entries(OWN_IMAGE)) {
    for (const type of ['mts', 'cts']) await writeFile(join(folder, 'own-image', `${name}.${type}`), source);
  }
  const ownImage = { compilerOptions: { ...COMPILER_OPTIONS, ...NODENEXT }, include: ['own-image'] };
  await writeFile(join(folder, 'tsconfig.own-image.json'), JSON.stringify(ownImage));
  return folder;
}

describe.each(PROJECTS)('with $name', (project) => {
  let folder: string;
  beforeAll(async () => {
    folder = await createProject(project);
  });
  afterAll(() => rm(folder, { recursive: true }));

  describe.each(Object.entries(project.resolutions))('TypeScript %s', (version, resolutions) => {
    const compile = (resolution: string): Promise<string> =>
      run(
        folder,
        process.execPath,
        `node_modules/typescript-${version}/bin/tsc`,
        '-p',
        `tsconfig.${resolution}.json`,
      );

    it.concurrent.each(resolutions)('compiles a use of every export (%s)', async (resolution) => {
      expect(await compile(resolution)).toBe('');
    });

    // It asks for nothing of the compiler that the lowest and the last of a major have not both.
    if (resolutions.length === 1) return;
    it.concurrent('compiles an application with an image of its own', async () => {
      expect(await compile('own-image')).toBe('');
    });
  });
});
