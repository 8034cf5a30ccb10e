import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsdown';

/** The text of `@imgwire/client` as an ES module, as `npm run build` makes it; minified as an application's bundler does it. */
export async function buildClient(minify: boolean): Promise<string> {
  const outDir = await mkdtemp(join(tmpdir(), 'imgwire-client-'));
  try {
    await build({
      config: false,
      cwd: fileURLToPath(new URL('../../../packages/client', import.meta.url)),
      entry: ['src/index.ts'],
      format: 'esm',
      target: 'es2022',
      platform: 'browser',
      dts: false,
      outDir,
      minify,
      logLevel: 'silent',
    });
    return await readFile(join(outDir, 'index.js'), 'utf8');
  } finally {
    await rm(outDir, { recursive: true });
  }
}
