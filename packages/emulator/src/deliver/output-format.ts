import type { ImageMimeType } from '../image-types.ts';
import type { Sharp } from './sharp.ts';
import type { ParsedTransformations } from './transformations.ts';

/** An output format. */
export type OutputFormat = 'jpg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';

/** The MIME type of each format. */
export const OUTPUT_MIME: Readonly<Record<OutputFormat, ImageMimeType>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  gif: 'image/gif',
  tiff: 'image/tiff',
};

/** The formats that browsers display, by MIME type. */
const OWN: { readonly [Mime in ImageMimeType]?: OutputFormat } = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
};

/**
 * The output format. `auto`, also the default, keeps the image's own unless the client accepts a better one.
 * WebP is preferred to AVIF: the service may choose otherwise, but AVIF takes a local machine seconds.
 */
export function chooseFormat(
  wanted: ParsedTransformations['format'],
  accept: string,
  source: ImageMimeType,
  hasAlpha: boolean,
): OutputFormat {
  if (wanted && wanted !== 'auto') return wanted;
  if (source === 'image/avif' && accept.includes(source)) return 'avif';
  if (accept.includes('image/webp')) return 'webp';
  if (accept.includes('image/avif')) return 'avif';
  return OWN[source] ?? (hasAlpha ? 'png' : 'jpg');
}

/** Transformations that control the encoding. */
export const OUTPUT_NAMES = [
  'format',
  'quality',
  'progressive',
  'chroma_subsampling',
  'strip_metadata',
  'dpi',
] as const;

/** Sets the format and its encoding. */
export function writeAs(image: Sharp, format: OutputFormat, wanted: ParsedTransformations): Sharp {
  const quality = typeof wanted.quality === 'number' ? { quality: wanted.quality } : {};
  const progressive = wanted.progressive === true ? { progressive: true } : {};
  const kept = wanted.strip_metadata ? image : image.keepExif().keepXmp();
  const dense = wanted.dpi ? kept.withDensity(wanted.dpi) : kept;
  const { chroma_subsampling: chroma } = wanted;
  switch (format) {
    case 'jpg': {
      // sharp subsamples in both directions or not at all.
      const subsampling = { chromaSubsampling: chroma === '4:4:4' ? chroma : '4:2:0' };
      return dense.flatten({ background: 'white' }).jpeg({ ...quality, ...progressive, ...subsampling });
    }
    case 'png':
      return dense.png(progressive);
    case 'webp':
      return dense.webp(quality);
    case 'avif':
      return dense.avif({ ...quality, effort: 2 });
    case 'gif':
      return dense.gif(progressive);
    case 'tiff':
      return dense.tiff(quality);
  }
}
