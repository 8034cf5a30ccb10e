import { parseArgs } from 'node:util';
import { TARGETS, type Target } from '../support/targets.ts';

/** What the command is to do. */
export interface Settings {
  readonly seed: number;
  /** In all, shared by the targets. */
  readonly minutes: number;
  readonly concurrency: number;
  readonly targets: readonly (readonly [name: string, target: Target])[];
}

const NAMES: Readonly<Record<string, string>> = {
  core: 'core',
  express4: 'Express 4',
  express5: 'Express 5',
  fastify: 'Fastify',
  'nest-express': 'Nest on Express',
  'nest-fastify': 'Nest on Fastify',
  web: 'web',
};

/** How to use the command. */
export const USAGE = `Sends random clients through the upload middleware while the service fails at random, and
audits what is left: images, records, answers, temporary files, sockets, memory.

  npm run chaos -- [options]

  --seed N          what everything is derived from, but for timing (default: a random one)
  --minutes M       in all, shared by the targets; fractions are fine (default: 3)
  --target NAME     ${Object.keys(NAMES).join(', ')} or all (default: all)
  --concurrency N   clients at once (default: 48)
  --help            this text

Exits with 1 and the command to repeat it when the audit finds something.`;

/**
 * Reads the command line. Undefined when only the usage was asked for.
 *
 * @throws Error that says which option makes no sense
 */
export function readArguments(args: readonly string[]): Settings | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      minutes: { type: 'string', default: '3' },
      target: { type: 'string', default: 'all' },
      concurrency: { type: 'string', default: '48' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [seed, minutes, concurrency] = [values.seed, values.minutes, values.concurrency].map(Number);
  if (seed === undefined || !Number.isSafeInteger(seed) || seed < 0)
    throw new Error('--seed must be an integer from 0 up.');
  if (!minutes || !(minutes > 0)) throw new Error('--minutes must be a number above 0.');
  if (!concurrency || !Number.isInteger(concurrency) || concurrency < 1)
    throw new Error('--concurrency must be 1 or more.');
  const names = values.target === 'all' ? Object.keys(NAMES) : [values.target];
  const targets = names.map((name) => {
    const target = TARGETS.find((candidate) => candidate.name === NAMES[name]);
    if (!target) throw new Error(`--target must be ${Object.keys(NAMES).join(', ')} or all.`);
    return [name, target] as const;
  });
  return { seed, minutes, concurrency, targets };
}
