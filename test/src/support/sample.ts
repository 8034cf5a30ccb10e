import { inject } from 'vitest';

/**
 * All of them in `npm run test:soak`; in `npm test` the first and the last, of the adapters core and Nest on Fastify. For suites about
 * what core does behind every adapter alike.
 */
export const sample = <T>(all: readonly T[]): readonly T[] =>
  inject('soak') ? all : [...all.slice(0, 1), ...all.slice(-1)];
