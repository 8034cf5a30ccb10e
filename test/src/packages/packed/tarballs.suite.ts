import { readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linksOf } from '../../docs/check-links.ts';
import { type PackageName, packPackages } from '../../nest/nest-project.ts';

const PACKAGES: readonly PackageName[] = [
  'core',
  'express',
  'fastify',
  'web',
  'client',
  'nestjs',
  'bullmq',
  'emulator',
];

let tarballs: ReadonlyMap<string, string>;
const pathOf = (name: PackageName): string => (tarballs.get(`@imgwire/${name}`) ?? '').replace('file:', '');
beforeAll(async () => {
  tarballs = await packPackages(PACKAGES);
});
afterAll(() => rm(dirname(pathOf('core')), { recursive: true }));

describe.each(PACKAGES)('the tarball of @imgwire/%s', (name) => {
  const prefix = `/node_modules/@imgwire/${name}/`;
  let content: ReturnType<typeof createPackageFromTarballData>;
  let manifest: Record<string, unknown>;
  beforeAll(async () => {
    content = createPackageFromTarballData(await readFile(pathOf(name)));
    manifest = JSON.parse(content.readFile(`${prefix}package.json`));
  });

  it('gives each kind of import its own types, for every way to resolve them', async () => {
    const analysis = await checkPackage(content);
    expect(analysis).toMatchObject({ types: { kind: 'included' } });
    expect(analysis).toHaveProperty('problems', []);
  });

  it('is what publint asks for', async () => {
    const { buffer } = new Uint8Array(await readFile(pathOf(name)));
    const { messages } = await publint({ pack: { tarball: buffer }, strict: true, level: 'suggestion' });
    expect(messages).toEqual([]);
  });

  it('says what it is, and for which versions', () => {
    expect(manifest).toMatchObject({
      description: expect.any(String),
      keywords: expect.arrayContaining(['imgwire', 'image', 'upload']),
      license: 'MIT',
      sideEffects: false,
      engines: { node: '>=20.19' },
    });
  });

  it('has its readme, its license and the built files, and nothing else', () => {
    const files = content.listFiles().map((path) => path.slice(prefix.length));
    expect(files).toEqual(expect.arrayContaining(['package.json', 'README.md', 'AGENTS.md', 'LICENSE']));
    const pages = /^(README\.md|AGENTS\.md|docs\/[\w-]+\.md)$/;
    const built = files.filter((path) => !(pages.test(path) || ['package.json', 'LICENSE'].includes(path)));
    const expected = /^(dist\/[\w.-]+\.[cm](js|ts)|bin\/[\w-]+\.js|page\/[\w-]+\.(html|css|js|svg))$/;
    for (const path of built) expect(path).toMatch(expected);
  });

  it('names no file that is not in it', () => {
    const files = content.listFiles();
    for (const path of files.filter((file) => /\.[cm]?[jt]s$/.test(file))) {
      const text = content.readFile(path);
      expect(text).not.toContain('sourceMappingURL');
      for (const [, target = ''] of text.matchAll(/(?:from|import|require)[ (]*["'](\.[^"']+)["']/g)) {
        const { pathname } = new URL(target, `file://${path}`);
        // Declarations name the JavaScript beside which the compiler finds others.
        const named = /\.d\.[cm]?ts$/.test(path) ? pathname.replace(/\.([cm]?)js$/, '.d.$1ts') : pathname;
        expect(files).toContain(named);
      }
    }
  });

  it('imports only what it declares, and holds no code of others', () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest;
    const declared = Object.keys(Object.assign({}, dependencies, peerDependencies, optionalDependencies));
    for (const path of content.listFiles().filter((file) => /\/dist\/.*\.[cm]js$/.test(file))) {
      const text = content.readFile(path);
      // The bundler names the file of each module that it takes in.
      expect(text).not.toMatch(/#region .*node_modules/);
      const imported = [
        ...text.matchAll(
          /^(?:import|export)\b.* from ["']([^"'.][^"']*)["']|require\(["']([^"'.][^"']*)["']\)/gm,
        ),
      ];
      const names = imported.map(
        ([, named, required = '']) => /^(?:@[^/]+\/)?[^/]+/.exec(named ?? required)?.[0] ?? '',
      );
      for (const name of names) if (!isBuiltin(name)) expect(declared).toContain(name);
      // multer is the user's: named as a peer, never loaded.
      expect(names).not.toContain('multer');
    }
  });

  it('has pages whose links lead to pages of it, or of @imgwire/core, which comes with it', async () => {
    const core = createPackageFromTarballData(await readFile(pathOf('core')));
    const comes = [...core.listFiles(), ...content.listFiles()];
    const own = content.listFiles().filter((path) => path.endsWith('.md'));
    expect(own).not.toEqual([]);
    expect(manifest).toMatchObject(
      name === 'core' || name === 'client' ? {} : { dependencies: { '@imgwire/core': expect.any(String) } },
    );
    const broken = own.flatMap((path) =>
      linksOf(content.readFile(path))
        .filter((target) => !comes.includes(new URL(target.replace(/^#.*/, path), `file://${path}`).pathname))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('depends on published versions only', () => {
    const { dependencies, peerDependencies, optionalDependencies } = manifest;
    const ranges = Object.values({ ...(dependencies as object), ...(peerDependencies as object) });
    expect([...ranges, ...Object.values(optionalDependencies ?? {})].join(' ')).not.toMatch(
      /workspace:|file:|link:|catalog:/,
    );
  });
});

it('states the frameworks that are tested as peers, and the official SDK as one that may be missing', async () => {
  const peers = async (name: PackageName): Promise<unknown> => {
    const content = createPackageFromTarballData(await readFile(pathOf(name)));
    const manifest = JSON.parse(content.readFile(`/node_modules/@imgwire/${name}/package.json`));
    return { ...manifest.peerDependencies, ...manifest.peerDependenciesMeta };
  };
  const sdk = { '@imgwire/node': { optional: true } };
  // A copy of our own beside that of an application on Express 4 would make its requests another type.
  const types = { '@types/express': { optional: true } };
  expect(await peers('core')).toEqual(sdk);
  expect(await peers('fastify')).toEqual({ ...sdk, fastify: '^5.0.0' });
  expect(await peers('bullmq')).toEqual({ ...sdk, bullmq: '^5.66.0 || ^6.0.0' });
  // Of imgwireStorage(), whose users have one.
  const multer = { multer: { optional: true } };
  expect(await peers('express')).toEqual({ ...sdk, ...types, ...multer, express: '>=4.18 <6' });
  expect(await peers('web')).toEqual(sdk);
  expect(await peers('nestjs')).toEqual({
    ...sdk,
    ...multer,
    // Of `@imgwire/nestjs/testing` only.
    '@imgwire/emulator': { optional: true },
    '@nestjs/common': '>=10 <13',
    '@nestjs/core': '>=10 <13',
    'reflect-metadata': '^0.1.13 || ^0.2.0',
    // The first that exports its operators from its root.
    rxjs: '^7.2.0',
  });
  expect(await peers('emulator')).toEqual({});
  expect(await peers('client')).toEqual({});
});
