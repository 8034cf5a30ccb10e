// Packs the packages once for all suites that install them as a reader of the README does.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { root } from '../docs/markdown.ts';

/** What a new terminal has. */
const { PATH = '', HOME = '' } = process.env;

/** Provides what `npm run pack` prints. */
export default async function setup({ provide }: TestProject): Promise<void> {
  const env = { PATH, HOME, NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)('npm', ['run', 'pack'], { cwd: root, env });
  provide('packed', stdout);
}

declare module 'vitest' {
  interface ProvidedContext {
    /** What `npm run pack` prints. */
    readonly packed: string;
  }
}
