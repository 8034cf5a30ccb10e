import { defineConfig } from 'vitest/config';

// Apart from the other tests: it builds the site, which takes a minute.
export default defineConfig({
  test: {
    include: ['test/src/site/*.suite.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 1_200_000,
    expect: { poll: { timeout: 60_000, interval: 10 } },
  },
});
