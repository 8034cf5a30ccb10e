import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PackageName, packPackages, run } from '../../nest/nest-project.ts';
import { bringNode } from '../../platforms/bring.ts';
import { createConsumer } from './consumer.ts';

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
/** What they must find, if they are loaded at all. */
const PEERS = {
  '@nestjs/common': '^11.0.0',
  '@nestjs/core': '^11.0.0',
  bullmq: '^6.0.0',
  express: '^5.0.0',
  fastify: '^5.0.0',
  ioredis: '^6.0.0',
  'reflect-metadata': '',
  rxjs: '',
};

let tarballs: ReadonlyMap<string, string>;
let folder: string;
beforeAll(async () => {
  tarballs = await packPackages(PACKAGES);
  folder = await createConsumer(tarballs, PEERS);
});
afterAll(async () => {
  const [tarball = ''] = [...tarballs.values()];
  await rm(dirname(tarball.replace('file:', '')), { recursive: true });
  await rm(folder, { recursive: true });
});

describe.each(['20', '22', '24', '26'])('on Node %s', (version) => {
  let node: string;
  beforeAll(async () => {
    node = await bringNode(version);
  });

  it.each(PACKAGES.flatMap((name) => [[name, 'import'] as const, [name, 'require'] as const]))(
    '@imgwire/%s by %s leaves the globals, the listeners and the fetch of its process alone',
    async (name, format) => {
      const printed = await run(folder, node, 'side-effects.mjs', format, `@imgwire/${name}`);
      // Some Nodes warn of globals that are still experimental.
      const [line = ''] = /^\{"changed".*$/m.exec(printed) ?? [];
      const { changed, listeners, fetched } = JSON.parse(line);
      expect(fetched).toBe('5');
      expect(listeners).toEqual([]);
      // Nest and BullMQ bring tslib, which adds its helpers: __extends and others.
      expect(changed.filter((key: string) => !/^__[a-z]/i.test(key))).toEqual([]);
    },
  );
});
