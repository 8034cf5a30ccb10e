/** The image types that the service accepts, in its own spelling. */
export const IMAGE_TYPES = [
  'image/jpeg',
  'image/jxl',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'image/vnd.microsoft.icon',
  'image/heic',
  'image/bmp',
  'image/tiff',
] as const;

/** One of the ten image types of the service. */
export type ImageType = (typeof IMAGE_TYPES)[number];

/** A type, or one of its aliases such as `image/jpg`; an editor offers the ten. */
export type ImageTypeLike = ImageType | (string & Record<never, never>);

const ALIASES: Readonly<Record<ImageType, readonly string[]>> = {
  'image/jpeg': ['image/jpg', 'image/pjpeg', 'image/jfif'],
  'image/jxl': ['image/x-jxl', 'image/jpeg-xl'],
  'image/png': ['image/x-png', 'image/apng', 'image/vnd.mozilla.apng'],
  'image/webp': ['image/x-webp'],
  'image/avif': ['image/avif-sequence'],
  'image/gif': [],
  'image/vnd.microsoft.icon': ['image/x-icon', 'image/ico', 'image/icon'],
  'image/heic': ['image/heif', 'image/heic-sequence', 'image/heif-sequence'],
  'image/bmp': ['image/x-bmp', 'image/x-ms-bmp', 'image/x-windows-bmp'],
  'image/tiff': ['image/tif', 'image/x-tiff', 'image/x-tif'],
};

const EXTENSIONS: Readonly<Record<ImageType, string>> = {
  'image/jpeg': 'jpg',
  'image/jxl': 'jxl',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
  'image/vnd.microsoft.icon': 'ico',
  'image/heic': 'heic',
  'image/bmp': 'bmp',
  'image/tiff': 'tiff',
};

/**
 * Returns the service's name for a MIME type or an alias, whatever its case and parameters. `undefined` if it is none of the ten.
 * The service itself knows no aliases.
 */
export function canonicalImageType(claim: string): ImageType | undefined {
  const name = claim.split(';')[0]?.trim().toLowerCase() ?? '';
  return IMAGE_TYPES.find((type) => type === name || ALIASES[type].includes(name));
}

/** The usual file name extension of a type, without the dot. */
export function extensionOf(type: ImageType): string {
  return EXTENSIONS[type];
}
