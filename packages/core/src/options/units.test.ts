import { describe, expect, it } from 'vitest';
import { formatBytes, readBytes, readMilliseconds } from './units.ts';

describe('a number of bytes', () => {
  it.each([
    [0, '0 bytes'],
    [1023, '1023 bytes'],
    [1024, '1024 bytes (1 KiB)'],
    [1_000_000, '1000000 bytes (about 976.6 KiB)'],
    [52_428_800, '52428800 bytes (50 MiB)'],
    [1.5 * 1024 ** 3, '1610612736 bytes (1.5 GiB)'],
  ])('%i is said as %s', (bytes, said) => {
    expect(formatBytes(bytes)).toBe(said);
  });
});

describe('an amount in a text', () => {
  it.each([
    ['10mb', '10 * 1024 * 1024'],
    ['1.5 GiB', '1.5 * 1024 * 1024 * 1024'],
    ['512 KB', '512 * 1024'],
    ['2048', '2048'],
    ['2048 bytes', '2048'],
    ['sk_4f7a', undefined],
    ['mb', undefined],
    ['-1mb', undefined],
  ])('%j of bytes is written as %j', (text, written) => {
    expect(readBytes(text)).toBe(written);
  });

  it.each([
    ['30s', '30 * 1000'],
    ['5 min', '5 * 60_000'],
    ['250ms', '250'],
    ['soon', undefined],
  ])('%j of time is written as %j', (text, written) => {
    expect(readMilliseconds(text)).toBe(written);
  });
});
