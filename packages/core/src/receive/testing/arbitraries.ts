import fc from 'fast-check';

/** What clients send of a text: its UTF-8, a character for each byte. */
export const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

type Weighted<T> = readonly (readonly [weight: number, value: T])[];

/** One of the values, as often as their weights say. */
export function weighted<T>(...choices: Weighted<fc.Arbitrary<T>>): fc.Arbitrary<T> {
  return fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
}
