import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { bullmq5 } from './support/bullmq5.ts';

const SOAK = ['packages/*', 'test', 'examples/*'].map((folder) => `${folder}/src/**/*.soak.test.ts`);

/**
 * Those that measure time, processor time or memory, or count timers or descriptors at this size: no more at once than there are cores,
 * and each in a process of its own.
 */
const MEASURED = [
  'packages/core/src/growth.soak.test.ts',
  'packages/emulator/src/growth.soak.test.ts',
  'packages/emulator/src/load.soak.test.ts',
  'test/src/bullmq/workers.soak.test.ts',
  'test/src/calls/held-memory.soak.test.ts',
  'test/src/chaos/chaos.soak.test.ts',
  'test/src/hostile/advisories.soak.test.ts',
  'test/src/hostile/counters.soak.test.ts',
  'test/src/hostile/crowd.soak.test.ts',
  'test/src/hostile/long-headers.soak.test.ts',
  'test/src/hostile/trickle.soak.test.ts',
  'test/src/nest/lifecycle.soak.test.ts',
  'test/src/upload/known-routes.soak.test.ts',
  'test/src/upload/memory.soak.test.ts',
  'test/src/upload/one-place.soak.test.ts',
  'test/src/upload/request-cost.soak.test.ts',
  'test/src/upload/upload.soak.test.ts',
];

/** All of them: `npm test` has BullMQ 6. */
const ON_BULLMQ_5 = ['test/src/bullmq/**/*.test.ts'];

// The cases of which `npm test` runs a sample, at their full size.
export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'measured',
          include: MEASURED,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      ...[
        { extends: true as const, test: { name: 'soak', include: SOAK, exclude: MEASURED, isolate: false } },
        bullmq5('first', ON_BULLMQ_5),
        bullmq5('last', ON_BULLMQ_5),
      ].map((project) => ({ ...project, test: { ...project.test, sequence: { groupOrder: 1 } } })),
    ],
    provide: { soak: true },
    pool: 'forks',
    // As in `npm test`: they wait for answers, timeouts and browsers for much of their time.
    maxWorkers: 2 * availableParallelism(),
    testTimeout: 900_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 300_000, interval: 10 } },
  },
});
