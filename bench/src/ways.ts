import type { Arm } from './arms.ts';
import type { Sweep } from './sweeps.ts';

/** An arm with options of its own: the same arm can run in several ways. */
export interface Way {
  readonly name: string;
  readonly arm: Arm;
  readonly options?: object;
  /** A constant of core that is replaced, `NAME=value`. */
  readonly constant?: string;
  /** Whether it is built from the checkout to compare with. @default false */
  readonly before?: boolean;
  /** Whether its process counts objects. @default false */
  readonly counted?: boolean;
}

/** Ends the name of a way that is built from another checkout. */
const BEFORE = ' before';

/** The name of a way in the build to compare with. */
export const beforeOf = (way: string): string => way + BEFORE;

/** The name of the arm of a way, whatever its build. */
export const armOf = (way: string): string => (isBefore(way) ? way.slice(0, -BEFORE.length) : way);

export const isBefore = (way: string): boolean => way.endsWith(BEFORE);

/** Each arm as it is; with `before` those of this repository also as they were, right before that. */
export const waysOf = (arms: readonly Arm[], before: boolean): Way[] =>
  arms.flatMap((arm): Way[] => [
    ...(before && arm.ours ? [{ name: beforeOf(arm.name), arm, before }] : []),
    { name: arm.name, arm },
  ]);

/** Each arm with each value of a sweep. */
export const waysOfSweep = (arms: readonly Arm[], name: string, { of, values }: Sweep): Way[] =>
  arms.flatMap((arm) =>
    values.map(
      (value): Way => ({
        ...{ name: `${arm.name} ${value}`, arm },
        ...(of === 'option' ? { options: { [name]: value } } : { constant: `${name}=${value}` }),
      }),
    ),
  );
