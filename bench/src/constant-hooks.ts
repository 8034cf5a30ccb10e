import type { LoadHook } from 'node:module';

/** `NAME=value`: what the constant of that name is to be. */
const [name, value] = (process.env['BENCH_CONSTANT'] ?? '').split('=');
const declaration = new RegExp(`\\bconst ${name} = [^;]+;`);

/** Replaces a constant of core. @throws when the module has none of that name: the sweep would compare equals */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith('@imgwire/core/dist/index.mjs')) return loaded;
  const source = String(loaded.source);
  if (!declaration.test(source)) throw new Error(`There is no constant ${name}`);
  return { ...loaded, source: source.replace(declaration, `const ${name} = ${value};`) };
};
