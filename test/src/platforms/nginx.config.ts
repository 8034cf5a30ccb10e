import { defineConfig } from 'vitest/config';

// Apart from the other tests: it needs nginx on the machine.
export default defineConfig({
  test: {
    include: ['test/src/platforms/nginx.suite.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
