import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import manifest from '../../package.json' with { type: 'json' };

const run = promisify(execFile);

/** A browser, and what its process needs in the environment. */
export interface BroughtBrowser {
  readonly executablePath: string;
  readonly env?: Readonly<Record<string, string>>;
}

const CACHE = fileURLToPath(new URL('../../node_modules/.cache', import.meta.url));

/** The package's own file looks for fonts in /tmp; a Chromium without any font cannot draw. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/**
 * Unpacks the Chromium of `@sparticuz/chromium`, with its libraries and a font, unless that was done before.
 * Its versions from 147 on are not for Node 20.
 *
 * @throws Error on a system for which it is not made
 */
export async function bringBrowser(): Promise<BroughtBrowser> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `The tests bring a Chromium for Linux on x64, not for ${process.platform} on ${process.arch}.`,
    );
  }
  const folder = join(CACHE, `chromium-${manifest.dependencies['@sparticuz/chromium']}`);
  if (!existsSync(folder)) await unpackInto(folder);
  return {
    executablePath: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') },
  };
}

/** Beside the folder first, so that it is there whole or not at all, however many test files ask for it at once. */
async function unpackInto(folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const aside = await mkdtemp(`${folder}-`);
  try {
    await unpack(aside);
    await writeFile(join(aside, 'fonts', 'fonts.conf'), FONTS);
    await rename(aside, folder);
  } catch (error) {
    // Another test file was faster.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** The package unpacks into the temporary directory, and its libraries only where it takes itself to be on Lambda. */
async function unpack(folder: string): Promise<void> {
  const script = "import chromium from '@sparticuz/chromium'; await chromium.executablePath();";
  await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs20.x' },
  });
}
