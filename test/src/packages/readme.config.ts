import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Apart from the other tests: it needs the built packages and a package registry.
export default defineConfig({
  test: {
    include: ['test/src/packages/{readme,elsewhere}.suite.ts'],
    globalSetup: fileURLToPath(new URL('pack.ts', import.meta.url)),
    pool: 'forks',
    // On two cores vitest would take one.
    maxWorkers: '100%',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
