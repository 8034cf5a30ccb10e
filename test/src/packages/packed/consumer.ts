import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../nest/nest-project.ts';

/** Installs the tarballs and other packages in a folder of its own, with a copy of the programs in it. */
export async function createConsumer(
  tarballs: ReadonlyMap<string, string>,
  packages: Readonly<Record<string, string>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'imgwire-consumer-'));
  const dependencies = { ...Object.fromEntries(tarballs), ...packages };
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline');
  await cp(fileURLToPath(new URL('./programs', import.meta.url)), folder, { recursive: true });
  return folder;
}
