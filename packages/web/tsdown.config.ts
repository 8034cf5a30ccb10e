import { defineConfig, type UserConfig } from 'tsdown';
import base from '../../tsdown.config.ts';

const EDGE = '@imgwire/core/edge';

/** What both entries share takes core's entry for the edge there. Whatever else is imported in the end fails the build. */
const withoutNode = {
  name: 'without-node',
  resolveId: {
    // Before tsdown has made it external under its own name.
    order: 'pre' as const,
    handler: (id: string): { id: string; external: true } | undefined =>
      id === '@imgwire/core' || id === EDGE ? { id: EDGE, external: true } : undefined,
  },
  generateBundle(
    _: unknown,
    bundle: Readonly<Record<string, { readonly imports?: readonly string[] }>>,
  ): void {
    for (const [file, { imports = [] }] of Object.entries(bundle)) {
      const other = imports.filter((id) => id !== EDGE);
      if (other.length > 0) throw new Error(`${file} must not import ${other.join(', ')}`);
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
};

export default defineConfig([base as UserConfig, edge]);
