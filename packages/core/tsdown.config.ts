import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';
import base from '../../tsdown.config.ts';

/** Where the pages are, if package.json says it: `npm run links` writes it there before a release. */
const { homepage } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8')) as {
  homepage?: string;
};
const define = { IMGWIRE_HOMEPAGE: homepage === undefined ? 'undefined' : JSON.stringify(homepage) };

const node: UserConfig = { ...(base as UserConfig), entry: ['src/index.ts', 'src/adapter.ts'], define };

/** Puts runtime-edge.ts in the place of runtime.ts. Whatever is still imported in the end, by code or types, fails the build. */
const withoutNode = {
  name: 'without-node',
  resolveId(id: string, importer: string | undefined): string | { id: string; external: true } | undefined {
    // Of types that are left out, or it is found below.
    if (id.startsWith('node:')) return { id, external: true };
    if (importer === undefined || !id.endsWith('/runtime.ts')) return undefined;
    return resolve(dirname(importer), id.replace(/runtime\.ts$/, 'runtime-edge.ts'));
  },
  generateBundle(
    _: unknown,
    bundle: Readonly<Record<string, { readonly imports?: readonly string[] }>>,
  ): void {
    for (const [file, { imports = [] }] of Object.entries(bundle)) {
      if (imports.length > 0) throw new Error(`${file} must not import ${imports.join(', ')}`);
    }
  },
};

const edge: UserConfig = {
  ...(base as UserConfig),
  entry: ['src/edge.ts'],
  platform: 'neutral',
  target: 'es2022',
  // Else `.js`; the files are named as those of the other entries.
  fixedExtension: true,
  plugins: [withoutNode],
  define,
};

export default defineConfig([node, edge]);
