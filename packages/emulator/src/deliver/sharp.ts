import type { Sharp } from 'sharp';

export type { CreateText, Sharp } from 'sharp';

type SharpModule = typeof import('sharp').default;

let loading: Promise<SharpModule | undefined> | undefined;

/**
 * sharp, or undefined where it is not installed: it is an optional dependency, and without it originals are
 * delivered.
 */
export function loadSharp(): Promise<SharpModule | undefined> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => sharp,
    () => undefined,
  );
  return loading;
}

/**
 * What lies between two steps: lossless and as good as uncompressed, with EXIF and XMP still on board. sharp
 * has an order of
 * its own for what is asked of one pipeline, so each step gets its own.
 */
export function intermediate(image: Sharp): Sharp {
  return image.png({ compressionLevel: 0 }).keepExif().keepXmp();
}
