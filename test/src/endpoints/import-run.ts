import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Emulator } from '@imgwire/emulator';
import { residentBytes } from '../support/leftovers.ts';

const MIB = 1024 * 1024;
const root = fileURLToPath(new URL('../../..', import.meta.url));

/** The import example in a process of its own. */
export interface Import {
  readonly process: ChildProcess;
  /** Exit code and what was printed, once it has ended. */
  readonly end: Promise<{ readonly code: number; readonly out: string[]; readonly complaints: string }>;
}

/** Starts the import as its npm script does. Its garbage is collected early, so that its memory is what it keeps. */
export function startImport({ apiKey, url }: Emulator, ...args: string[]): Import {
  const node = ['--max-semi-space-size=2', '--import', 'tsx'];
  const child = spawn(process.execPath, [...node, 'examples/import/src/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, INIT_CWD: root, IMGWIRE_API_KEY: apiKey, IMGWIRE_API_BASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]);
  const end = ended.then(([[code], out, complaints]) => ({
    code: Number(code),
    out: out.trim().split('\n'),
    complaints,
  }));
  return { process: child, end };
}

/** The resident memory of a run while it lasts. */
export interface MemoryWatch {
  /** Mean between two shares of the run (0 to 1), MiB. */
  mean(from: number, to: number): number;
}

/** Samples the memory of an import until it ends; `share` says how much of it is done. */
export function watchMemory({ process: child, end }: Import, share: () => number): MemoryWatch {
  const samples: { readonly share: number; readonly bytes: number }[] = [];
  const sampling = setInterval(() => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // Between its end and our word of it, a process has no memory.
    const bytes = residentBytes(Number(child.pid));
    if (bytes > 0) samples.push({ share: share(), bytes });
  }, 20);
  void end.finally(() => clearInterval(sampling));
  return {
    mean: (from, to) => {
      const some = samples.filter((sample) => sample.share >= from && sample.share < to);
      return Math.round(some.reduce((sum, { bytes }) => sum + bytes, 0) / some.length / MIB);
    },
  };
}

/** Some of the numbers from 1 to `count`, no two alike and the same each time: a shuffle by a linear congruence. */
export function someOf(count: number, some: number): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  let seed = 20_240_501;
  return Array.from({ length: some }, (_, i) => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    const at = i + Math.floor((seed / 2 ** 32) * (count - i));
    const chosen = numbers[at] ?? 0;
    numbers[at] = numbers[i] ?? 0;
    return chosen;
  });
}
