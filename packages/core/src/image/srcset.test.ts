import { describe, expect, it } from 'vitest';
import { type SrcsetTransformations, srcset } from './srcset.ts';

const CDN_URL = 'https://cdn.imgwire.dev/org/env/image';

describe('srcset', () => {
  it('has one URL for each width, with the transformations of url()', () => {
    expect(srcset({ cdn_url: CDN_URL, width: 2000 }, [320, 640], { format: 'auto', q: 'auto' })).toBe(
      `${CDN_URL}?format=auto&quality=auto&width=320 320w, ${CDN_URL}?format=auto&quality=auto&width=640 640w`,
    );
  });

  it('ends at the width of the image, once', () => {
    expect(srcset({ cdn_url: CDN_URL, width: 500 }, [320, 500, 640, 1280])).toBe(
      `${CDN_URL}?width=320 320w, ${CDN_URL}?width=500 500w`,
    );
    expect(srcset({ cdn_url: CDN_URL, width: 200 }, [320, 640])).toBe(`${CDN_URL}?width=200 200w`);
  });

  it.each([
    ['not known yet', { cdn_url: CDN_URL, width: 0 }],
    ['not in the row', { cdn_url: CDN_URL }],
    ['not in a cdn_url', CDN_URL],
  ])('has all widths if that of the image is %s', (_case, image) => {
    expect(srcset(image, [320, 8192])).toBe(`${CDN_URL}?width=320 320w, ${CDN_URL}?width=8192 8192w`);
  });

  it('has no comma and no space in its URLs, which separate them', () => {
    const text = srcset(CDN_URL, [320], { gradient: '#f00,00F::0.5', watermark_text: 'a, b' });
    expect(text.split(/[ ,]+/)).toHaveLength(2);
  });

  it.each([[640], ['640'], [[]], [['640']], [[0]], [[-1]], [[1.5]], [undefined]])(
    'cannot be of the widths %j',
    (widths) => {
      expect(() => srcset(CDN_URL, widths as never)).toThrow(
        new TypeError(
          'srcset(): the widths must be an array of positive integers, in pixels: write srcset(image, [320, 640]).',
        ),
      );
    },
  );

  it.each([
    [CDN_URL, [9000], {}, '"width" cannot be'],
    ['0b5c1d6e', [320], {}, 'write imageUrl(image.cdn_url)'],
    [null, [320], {}, 'write imageUrl(image.cdn_url)'],
    [CDN_URL, [320], { widht: 5 }, 'There is no transformation "widht"'],
    [CDN_URL, [320], 'medium', "write { preset: 'medium' }"],
    [CDN_URL, [320], { width: 5 }, 'srcset(): leave "width" out'],
    [CDN_URL, [320], { w: 5 }, 'srcset(): leave "w" out'],
    [CDN_URL, [320], { preset: 'medium' }, 'srcset(): leave "preset" out'],
    [CDN_URL, [320], { dpr: 2 }, 'srcset(): leave "dpr" out'],
    [CDN_URL, [320], { zoom: 2 }, 'srcset(): leave "zoom" out'],
    [CDN_URL, [320], { z: 2 }, 'srcset(): leave "z" out'],
  ])('of %j with %j and %j is a TypeError', (image, widths, transformations, message) => {
    const build = (): string => srcset(image as string, widths, transformations as SrcsetTransformations);
    expect(build).toThrow(TypeError);
    expect(build).toThrow(message);
  });
});
