import { createHash } from 'node:crypto';
import { IMAGE_TYPES } from '@imgwire/core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { image, imageOfSize, makeImage } from '../support/images.ts';

describe('imageOfSize', () => {
  const sizes = [1024, 4096, 66_000, 131_072, 131_073, 131_074, 131_075, 131_076, 5_000_000];

  test.each(['image/jpeg', 'image/png'] as const)(
    'makes a valid %s of exactly so many bytes',
    async (type) => {
      for (const bytes of sizes) {
        const made = await imageOfSize(type, bytes);
        expect(made).toHaveLength(bytes);
        const { data, info } = await sharp(made, { failOn: 'warning' })
          .raw()
          .toBuffer({ resolveWithObject: true });
        expect(info).toMatchObject({ width: 8, height: 8 });
        expect(data).toHaveLength(8 * 8 * 3);
      }
    },
  );

  test('makes the same bytes for the same seed only', async () => {
    const hashes = await Promise.all(
      [1, 1, 2].map(async (seed) => {
        const made = await imageOfSize('image/jpeg', 100_000, seed);
        return createHash('sha256').update(made).digest('hex');
      }),
    );
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});

test('there is an image of each type', async () => {
  for (const type of IMAGE_TYPES) expect((await image(type)).length).toBeLessThan(4096 * 4);
});

test('an image has the pixels that were asked for', async () => {
  const made = await makeImage('image/avif', { width: 33, height: 21 });
  expect(await sharp(made).metadata()).toMatchObject({ width: 33, height: 21 });
});
