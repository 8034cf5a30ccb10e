import { defineConfig } from 'vitest/config';
import { bullmq5 } from './support/bullmq5.ts';

/** All of them: `npm test` has BullMQ 6. */
const ON_BULLMQ_5 = ['test/src/bullmq/**/*.test.ts'];

// The cases of which `npm test` runs a sample, at their full size.
export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'soak',
          include: ['packages/*', 'test', 'examples/*'].map((folder) => `${folder}/src/**/*.soak.test.ts`),
        },
      },
      bullmq5('first', ON_BULLMQ_5),
      bullmq5('last', ON_BULLMQ_5),
    ],
    provide: { soak: true },
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: 900_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 300_000, interval: 10 } },
  },
});
