import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Apart from the other tests: it needs programs and compilers of Debian.
export default defineConfig({
  test: {
    include: ['test/src/clients/*.suite.ts'],
    globalSetup: fileURLToPath(new URL('./build-programs.ts', import.meta.url)),
    pool: 'forks',
    // On two cores vitest would take one.
    maxWorkers: '100%',
    testTimeout: 300_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
