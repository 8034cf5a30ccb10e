import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, inject, it } from 'vitest';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
const { resolve } = createRequire(import.meta.url);

/** Runs a test runner the way a user does: as a process of its own, without this one's settings. */
function run(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  const { PATH = '', HOME = '' } = process.env;
  return promisify(execFile)(process.execPath, args, { cwd: folder, env: { PATH, HOME, NO_COLOR: '1' } });
}

const jestConfig = JSON.stringify({ rootDir: folder, transform: { '\\.ts$': './jest-transform.cjs' } });

const RUNNERS: readonly [name: string, args: string[], passed: RegExp][] = [
  [
    'vitest',
    [
      resolve('vitest/package.json').replace('package.json', 'vitest.mjs'),
      'run',
      '--root',
      folder,
      'vitest.test.js',
    ],
    /Tests {2}2 passed/,
  ],
  [
    'jest',
    [resolve('jest/bin/jest'), '--config', jestConfig, '--testRegex', 'jest.test.cjs$', '--watchman=false'],
    /Tests: {7}2 passed/,
  ],
  ['node:test', ['--import', 'tsx', '--test', '--test-reporter=tap', 'node.test.js'], /# pass 2/],
];

// The other runners start for seconds.
it.each(inject('soak') ? RUNNERS : RUNNERS.slice(-1))(
  'the example for %s passes',
  async (_name, args, passed) => {
    const { stdout, stderr } = await run(...args);
    expect(stdout + stderr).toMatch(passed);
  },
);

it.each(['vitest.test.js', 'jest.test.cjs', 'node.test.js'])('the README shows %s as it is', (file) => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(readFileSync(folder + file, 'utf8'));
});
