import { beforeAll, describe, expect, it } from 'vitest';
import { type Mistake, makeMistakes } from './make-mistakes.ts';

describe('what is said to a mistake', () => {
  let all: readonly Mistake[];
  beforeAll(async () => {
    all = Object.values(await makeMistakes()).flat();
  });

  it('is there for 60 of them', () => {
    expect(all.length).toBeGreaterThan(60);
  });

  it('is one sentence', () => {
    // Of `image.url()` they have no full stop: the emulator answers the same texts.
    const long = all.filter(({ said }) => !/^\S[^\n]*\S$/.test(said) || /[.?!] [A-Z]/.test(said));
    expect(long).toEqual([]);
  });

  it('has no key, no URL and none of the values that may be secret', () => {
    expect(all.filter(({ said }) => /[sc]k_\w|4f7a|cat\.jpg|localhost/.test(said))).toEqual([]);
  });

  it('is not left to the framework', () => {
    expect(
      all.filter(({ said }) => /undefined|not a function|Cannot|Unsupported|constructor/.test(said)),
    ).toEqual([]);
  });
});
