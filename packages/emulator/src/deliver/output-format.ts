import type { ImageMimeType } from '../image-types.ts';
import type { Sharp } from './sharp.ts';
import type { ParsedTransformations } from './transformations.ts';

/** A format that can be written. */
export type OutputFormat = 'jpg' | 'png' | 'webp' | 'avif' | 'gif' | 'tiff';

/** What each format is called on the wire. */
export const OUTPUT_MIME: Readonly<Record<OutputFormat, ImageMimeType>> = {
  jpg: 'image/jpeg',
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  gif: 'image/gif',
  tiff: 'image/tiff',
};

/** The formats that a browser shows, by the type of the image that is in them. */
const OWN: { readonly [Mime in ImageMimeType]?: OutputFormat } = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
};

/**
 * The format to answer in. `auto`, also the default, keeps the image's own where the client does not name a
 * better one.
 * Of those that it names WebP comes before AVIF: the service may choose otherwise, but AVIF takes a local
 * machine seconds.
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

/** Names that say how the file is written. */
export const OUTPUT_NAMES = [
  'format',
  'quality',
  'progressive',
  'chroma_subsampling',
  'strip_metadata',
  'dpi',
] as const;

/** Sets the format and how it is written. */
export function writeAs(image: Sharp, format: OutputFormat, wanted: ParsedTransformations): Sharp {
  const quality = typeof wanted.quality === 'number' ? { quality: wanted.quality } : {};
  const progressive = wanted.progressive === true ? { progressive: true } : {};
  const kept = wanted.strip_metadata ? image : image.keepExif().keepXmp();
  const dense = wanted.dpi ? kept.withDensity(wanted.dpi) : kept;
  const { chroma_subsampling: chroma } = wanted;
  switch (format) {
    case 'jpg': {
      // The library subsamples in both directions or not at all.
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
