import { defineConfig } from 'vitest/config';

// Apart from the other tests: the platforms need the built packages and a package registry, and compilers of frameworks minutes.
export default defineConfig({
  test: {
    include: ['test/src/web/*.suite.ts'],
    pool: 'forks',
    // On two cores vitest would take one.
    maxWorkers: '100%',
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
