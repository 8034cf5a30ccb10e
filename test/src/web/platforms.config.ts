import { defineConfig } from 'vitest/config';

// Apart from the other tests: it needs the built packages and a package registry.
export default defineConfig({
  test: {
    include: ['test/src/web/platforms.suite.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
    expect: { poll: { timeout: 120_000 } },
  },
});
