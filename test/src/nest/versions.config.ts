import { defineConfig } from 'vitest/config';

// Separate from the other tests: it needs the built packages and a package registry.
export default defineConfig({
  test: {
    include: ['test/src/nest/*.suite.ts'],
    pool: 'forks',
    // On two cores vitest would take one.
    maxWorkers: '100%',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
