import { defineConfig } from 'vitest/config';

// Apart from the other tests: it needs the built packages and a package registry.
export default defineConfig({
  test: {
    include: ['test/src/packages/packed/*.suite.ts'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 240_000,
    // Compilers beside each other, one for each core of a small machine.
    maxConcurrency: 2,
  },
});
