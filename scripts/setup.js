// Installs what is needed: all of the repository, or with `--filter <package>...` what one example needs. The pnpm of the
// last installation does it, if there was one: npx takes four seconds to find that it need not fetch one.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const installed = fileURLToPath(new URL('../node_modules/pnpm/bin/pnpm.cjs', import.meta.url));
const [command, ...args] = existsSync(installed)
  ? [process.execPath, installed]
  : ['npx', '--yes', readPackageManager()];

function readPackageManager() {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).packageManager;
}

const { status, error } = spawnSync(
  command,
  [...args, 'install', '--frozen-lockfile', '--prefer-offline', ...process.argv.slice(2)],
  // On Windows npx is a script, which only a shell runs.
  { stdio: 'inherit', shell: command === 'npx' && process.platform === 'win32' },
);
if (error) throw error;
process.exitCode = status ?? 1;
