import { describe, expect, it } from 'vitest';
import { explore } from './model.ts';

/** All orders of the steps of two completions, the PUT, the expiry, the sweep, errors and two kills. */
describe('the notes of direct uploads', () => {
  it('lose no stored image and leave none behind, but where a kill leaves doubt', () => {
    const { states, lost, left, inDoubt } = explore({});
    expect({ lost, left }).toEqual({ lost: undefined, left: undefined });
    expect(states).toBeGreaterThan(500);
    expect(inDoubt).toBeGreaterThan(0);
  });

  it('leave no doubt where the application says what it has stored', () => {
    expect(explore({ isStored: true })).toMatchObject({ lost: undefined, left: undefined, inDoubt: 0 });
  });

  it.each(['sweep', 'throw', 'begin', 'doubt'] as const)(
    'lose an image if the arrow "%s" is broken',
    (broken) => {
      expect(explore({ broken, isStored: true }).lost).toEqual(expect.arrayContaining(['PUT', 'READY']));
    },
  );
});
