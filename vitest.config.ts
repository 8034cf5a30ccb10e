import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/src/support/sequencer.ts';

const TESTS = ['packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts', 'examples/*/src/**/*.test.ts'];

/**
 * Each has a process of its own, and others leave nothing in it: those that count timers or descriptors; those that leave a compiler's
 * view of the workspace in memory, and one whose many buffers ask for more collections of garbage than others, which take the longer the
 * more is in memory.
 */
const ALONE = [
  'packages/core/src/receive/body-reader.test.ts',
  'packages/core/src/upload/replay/memory-copy.test.ts',
  'test/src/docs/docs.test.ts',
  'test/src/nest/lifecycle.soak.test.ts',
  'test/src/nest/starts.test.ts',
  'test/src/upload/upload.soak.test.ts',
];

/**
 * Those that measure processor time or memory, and crowds of clients in processes of their own, which tell little beside other tests;
 * examples, and pages in Chromium, which take seconds to start.
 */
const ONLY_IN_SOAK = [
  'examples/import-queue/src/main.soak.test.ts',
  'packages/core/src/growth.soak.test.ts',
  'packages/emulator/src/growth.soak.test.ts',
  'test/src/browser/demo-start.soak.test.ts',
  'test/src/browser/emulator-faults.soak.test.ts',
  'test/src/browser/emulator-log.soak.test.ts',
  'test/src/browser/header.soak.test.ts',
  'test/src/browser/hono-example.soak.test.ts',
  'test/src/chaos/chaos.soak.test.ts',
  'test/src/client/direct.soak.test.ts',
  'test/src/client/left-behind.soak.test.ts',
  'test/src/client/upload-direct.soak.test.ts',
  'test/src/direct/killed.soak.test.ts',
  'test/src/examples/first-start.soak.test.ts',
  'test/src/hostile/advisories.soak.test.ts',
  'test/src/hostile/crowd.soak.test.ts',
  'test/src/hostile/long-headers.soak.test.ts',
  'test/src/hostile/trickle.soak.test.ts',
  'test/src/nest/example-start.soak.test.ts',
  'test/src/platforms/environments/happy-dom.soak.test.ts',
  'test/src/upload/memory.soak.test.ts',
  'test/src/upload/problem-type.soak.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        // To import Express, Nest and sharp once for each file took as long as all the tests.
        test: {
          name: 'shared',
          include: TESTS,
          exclude: [...ALONE, ...ONLY_IN_SOAK],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'alone', include: ALONE } },
    ],
    sequence: { sequencer: LongestFirst },
    // `*.soak.test.ts` reads this: a sample of each case here, all of it in `npm run test:soak`.
    provide: { soak: false },
    // Processes, not threads: tests read their own sockets and temporary files from the system.
    pool: 'forks',
    // What a server logs in a test is of interest if the test fails.
    silent: 'passed-only',
    // More than there are cores: tests wait for answers, timeouts and browsers for much of their time.
    maxWorkers: 2 * availableParallelism(),
    // Tests that run side by side in a file wait for timeouts for most of their time.
    maxConcurrency: 20,
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
