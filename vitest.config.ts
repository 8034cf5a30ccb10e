import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/src/**/*.test.ts', 'examples/*/src/**/*.test.ts'],
    // `*.soak.test.ts` reads this: a sample of each case here, all of it in `npm run test:soak`.
    provide: { soak: false },
    // Sockets, descriptors and memory are counted per process: one test file, one process.
    pool: 'forks',
    // The default leaves one core idle, of two.
    maxWorkers: '100%',
    // They end what hangs, and are far from what a slow machine needs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
    // `npm run coverage`. What a test runs in a child process is not counted.
    coverage: {
      include: ['packages/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', 'packages/emulator/src/testing/**', 'packages/emulator/src/cli.ts'],
      // The lowest shares, in percent. Only a person raises or lowers them.
      thresholds: {
        'packages/core/src/**': { branches: 91, functions: 92, lines: 97, statements: 95 },
        'packages/emulator/src/**': { branches: 88, functions: 97, lines: 98, statements: 96 },
        'packages/express/src/**': { branches: 90, functions: 87, lines: 91, statements: 91 },
        'packages/nestjs/src/**': { branches: 92, functions: 97, lines: 97, statements: 97 },
      },
      reporter: ['text-summary', 'json-summary', 'html'],
    },
  },
});
