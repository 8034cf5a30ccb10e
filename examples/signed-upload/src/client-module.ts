import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';

/** `@imgwire/client` as one module for a page that has no bundler of its own. */
export function clientModule(): string {
  const contents = "export * from '@imgwire/client';";
  const resolveDir = fileURLToPath(new URL('.', import.meta.url));
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return outputFiles.map(({ text }) => text).join('');
}
