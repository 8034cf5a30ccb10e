import { describe, expect, it } from 'vitest';
import { didYouMean } from './did-you-mean.ts';

describe('the nearest name', () => {
  const known = ['limits', 'accept', 'maxPixels', 'apiKey', 'isGlobal', 'limits.fileSize', 'limits.files'];
  it.each([
    ['maxPixles', 'maxPixels'],
    ['max_pixels', 'maxPixels'],
    ['MAXPIXELS', 'maxPixels'],
    ['limit', 'limits'],
    ['limts', 'limits'],
    ['accepts', 'accept'],
    ['api-key', 'apiKey'],
    ['fileSzie', 'limits.fileSize'],
    ['maxFiles', 'limits.files'],
    ['global', 'isGlobal'],
    ['maxWidth', 'maxPixels'],
  ])('to %s is %s', (name, meant) => {
    expect(didYouMean(name, known)).toBe(meant);
  });

  it.each(['', 'x', 'dest', 'color', 'authorize', 'constructor', '__proto__', 'x'.repeat(1000)])(
    'to %j is none',
    (name) => {
      expect(didYouMean(name, known)).toBeUndefined();
    },
  );
});
