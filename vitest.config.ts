import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

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

/**
 * The tests of `@imgwire/bullmq` again, with a release of BullMQ 5 and what belongs to it, which `test/bullmq5` has: the first or
 * the last of the range. All other tests have BullMQ 6.
 */
function bullmq5(release: 'first' | 'last'): TestProjectInlineConfiguration {
  const folder = fileURLToPath(new URL(`test/bullmq5/${release}`, import.meta.url));
  // As Node finds them, and as `@nestjs/bullmq` itself does.
  const { resolve } = createRequire(`${folder}/package.json`);
  const alias = ['bullmq', 'ioredis', '@nestjs/bullmq'].map((name) => {
    return { find: new RegExp(`^${name}$`), replacement: resolve(name) };
  });
  return {
    extends: true,
    test: {
      name: `the ${release} BullMQ 5`,
      include: ['test/src/bullmq/**/*.test.ts'],
      isolate: false,
      alias,
      // For tsx, in the processes that tests start.
      env: { TSX_TSCONFIG_PATH: `${folder}/tsconfig.json` },
    },
  };
}

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        // To import Express, Nest and sharp once for each file took as long as all the tests.
        test: { name: 'shared', include: TESTS, exclude: COUNTS_PROCESS_RESOURCES, isolate: false },
      },
      { extends: true, test: { name: 'alone', include: COUNTS_PROCESS_RESOURCES } },
      bullmq5('first'),
      bullmq5('last'),
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
