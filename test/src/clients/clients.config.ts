import { defineConfig } from 'vitest/config';

// Apart from the other tests: it needs curl and Python.
export default defineConfig({
  test: {
    include: ['test/src/clients/*.suite.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
