import type { Sharp } from 'sharp';

export type { CreateText, Sharp } from 'sharp';

type SharpModule = typeof import('sharp').default;

let loading: Promise<SharpModule | undefined> | undefined;

/** Loads sharp, an optional dependency. Undefined if it is not installed: then originals are delivered. */
export function loadSharp(): Promise<SharpModule | undefined> {
  loading ??= import('sharp').then(
    ({ default: sharp }) => sharp,
    () => undefined,
  );
  return loading;
}

/**
 * The intermediate format between two steps: lossless, practically uncompressed, with EXIF and XMP preserved. sharp
 * has its own order of operations within a pipeline, so each step gets its own.
 */
export function intermediate(image: Sharp): Sharp {
  return image.png({ compressionLevel: 0 }).keepExif().keepXmp();
}
