import { inject } from 'vitest';

/**
 * All of them in `npm run test:soak`; in `npm test` the first and the last, of the adapters core and Nest on Fastify. For suites about
 * what core does behind every adapter alike.
 */
export const sample = <T>(all: readonly T[]): readonly T[] =>
  inject('soak') ? all : [...all.slice(0, 1), ...all.slice(-1)];

/**
 * Whether a suite about what core decides runs in full through this adapter: through core always, through the others in
 * `npm run test:soak`. In `npm test` a few of its tests show that each of the others hands on what core decides.
 *
 * @param full the adapter in place of core, where core has none
 */
export const inFull = ({ name }: { readonly name: string }, full: string = 'core'): boolean =>
  inject('soak') || name === full;

/** The cases of such a suite for an adapter: all where it runs in full, otherwise the first and the last. */
export const casesFor = <T>(target: { readonly name: string }, cases: readonly T[]): readonly T[] =>
  inFull(target) ? cases : sample(cases);
