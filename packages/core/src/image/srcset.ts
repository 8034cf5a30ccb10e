import type { ImageRecord } from '../service/service.ts';
import type { Transformations } from '../transformations/transformations.ts';
import { assertTransformations, imageUrl } from './url.ts';

/** Transformations that decide how wide an image is. */
const OF_WIDTH = ['width', 'w', 'preset', 'dpr', 'zoom', 'z'] as const;

/** The transformations of each URL of a `srcset`: all but those that decide how wide an image is. */
export type SrcsetTransformations = Omit<Transformations, (typeof OF_WIDTH)[number]>;

/**
 * Returns the text of a `srcset` attribute, with one delivery URL for each width, in pixels. A width above that of the image becomes
 * its own width, since an image is not enlarged. If its width is not known yet (0), or only the `cdn_url` is given, every width stays.
 *
 * @param image its record, or its `cdn_url`
 * @throws TypeError for widths that are no array of positive integers, a transformation that decides the width, and as `imageUrl()`
 * @example srcset(image, [320, 640, 1280], { format: 'auto', quality: 'auto' })
 */
export function srcset(
  image: string | (Pick<ImageRecord, 'cdn_url'> & { readonly width?: number | undefined }),
  widths: readonly number[],
  transformations: SrcsetTransformations = {},
): string {
  assertWidths(widths);
  assertTransformations(transformations);
  const extra = OF_WIDTH.find((name) => (transformations as Transformations)[name] !== undefined);
  if (extra) throw new TypeError(`srcset(): leave "${extra}" out: the widths decide how wide each image is.`);
  const { width: own } = Object(image) as { readonly width?: number };
  const distinct = new Set(widths.map((width) => Math.min(width, own || width)));
  return [...distinct]
    .map((width) => `${imageUrl(image, { ...transformations, width })} ${width}w`)
    .join(', ');
}

/** @throws TypeError that says what to write instead */
function assertWidths(widths: unknown): void {
  const isValid = (width: unknown): boolean => Number.isSafeInteger(width) && Number(width) > 0;
  if (Array.isArray(widths) && widths.length > 0 && widths.every(isValid)) return;
  throw new TypeError(
    'srcset(): the widths must be an array of positive integers, in pixels: write srcset(image, [320, 640]).',
  );
}
