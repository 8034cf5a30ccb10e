import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { bullmq5 } from './test/src/support/bullmq5.ts';

const TESTS = ['packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts', 'examples/*/src/**/*.test.ts'];

/** Files that count timers, descriptors or processor time: each has a process of its own, and others leave nothing in it. */
const COUNTS_PROCESS_RESOURCES = [
  'packages/core/src/growth.soak.test.ts',
  'packages/core/src/receive/body-reader.test.ts',
  'packages/core/src/upload/replay/memory-copy.test.ts',
  'packages/emulator/src/growth.soak.test.ts',
  'test/src/hostile/advisories.soak.test.ts',
  'test/src/hostile/long-headers.soak.test.ts',
  'test/src/nest/lifecycle.soak.test.ts',
  'test/src/nest/starts.test.ts',
];

/** What a release of BullMQ could change: the queue, its events, and Nest's module. The rest is in `npm run test:soak`. */
const ON_BULLMQ_5 = ['import', 'nest', 'transports'].map((name) => `test/src/bullmq/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        // To import Express, Nest and sharp once for each file took as long as all the tests.
        test: { name: 'shared', include: TESTS, exclude: COUNTS_PROCESS_RESOURCES, isolate: false },
      },
      { extends: true, test: { name: 'alone', include: COUNTS_PROCESS_RESOURCES } },
      bullmq5('first', ON_BULLMQ_5),
      bullmq5('last', ON_BULLMQ_5),
    ],
    // `*.soak.test.ts` reads this: a sample of each case here, all of it in `npm run test:soak`.
    provide: { soak: false },
    // Processes, not threads: tests read their own sockets and temporary files from the system.
    pool: 'forks',
    // What a server logs in a test is of interest if the test fails.
    silent: 'passed-only',
    // More than there are cores: tests wait for answers, timeouts and browsers for much of their time.
    maxWorkers: 2 * availableParallelism(),
    // They end what hangs, and are far from what a slow machine needs.
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
    // `npm run coverage`. What a test runs in a child process is not counted.
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/*/src/**/testing/**', 'packages/emulator/src/cli.ts'],
      // The lowest shares, in percent. Only a person raises or lowers them.
      thresholds: {
        'packages/core/src/**': { branches: 91, functions: 92, lines: 97, statements: 95 },
        'packages/emulator/src/**': { branches: 88, functions: 97, lines: 98, statements: 96 },
        'packages/express/src/**': { branches: 90, functions: 87, lines: 91, statements: 91 },
        'packages/fastify/src/**': { branches: 90, functions: 90, lines: 95, statements: 95 },
        'packages/bullmq/src/**': { branches: 80, functions: 90, lines: 95, statements: 95 },
        'packages/web/src/**': { branches: 90, functions: 95, lines: 95, statements: 95 },
        'packages/nestjs/src/**': { branches: 92, functions: 97, lines: 97, statements: 97 },
      },
      reporter: ['text-summary', 'json-summary', 'html'],
    },
  },
});
