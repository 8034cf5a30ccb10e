import { defineConfig } from 'vitest/config';

// The cases of which `npm test` runs a sample, at their full size.
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.soak.test.ts', 'test/src/**/*.soak.test.ts'],
    provide: { soak: true },
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: 900_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 300_000, interval: 10 } },
  },
});
