import { defineConfig } from 'vitest/config';

// Apart from the other tests: it reads all the code as a compiler does, as `npm run typecheck` does, which takes its time.
export default defineConfig({
  test: { include: ['test/src/docs/*.suite.ts', 'test/src/packages/exports.suite.ts'], testTimeout: 300_000 },
});
