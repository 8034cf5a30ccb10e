/**
 * The ten types that Imgwire accepts. Browsers show the `direct` ones without a transformation of the format. Written out here, not
 * imported from core: it is the service's contract, against which the tests run core.
 */
const IMAGE_TYPES = [
  { mime: 'image/jpeg', extensions: ['jpg', 'jpeg'], direct: true },
  { mime: 'image/png', extensions: ['png'], direct: true },
  { mime: 'image/webp', extensions: ['webp'], direct: true },
  { mime: 'image/avif', extensions: ['avif'], direct: true },
  { mime: 'image/gif', extensions: ['gif'], direct: true },
  { mime: 'image/jxl', extensions: ['jxl'], direct: false },
  { mime: 'image/vnd.microsoft.icon', extensions: ['ico'], direct: false },
  { mime: 'image/heic', extensions: ['heic', 'heif'], direct: false },
  { mime: 'image/bmp', extensions: ['bmp'], direct: false },
  { mime: 'image/tiff', extensions: ['tif', 'tiff'], direct: false },
] as const;

/** A `mime_type` of the service. */
export type ImageMimeType = (typeof IMAGE_TYPES)[number]['mime'];

/** One row of the table of types. */
export type ImageType = (typeof IMAGE_TYPES)[number];

/** The values of the `mime_type` enum. */
export const IMAGE_MIME_TYPES: readonly ImageMimeType[] = IMAGE_TYPES.map((type) => type.mime);

/** Whether a value is one of the ten types, letter by letter: the service has no aliases. */
export function isImageMimeType(value: unknown): value is ImageMimeType {
  return IMAGE_TYPES.some((type) => type.mime === value);
}

/** The row of a type. */
export function imageType(mime: ImageMimeType): ImageType {
  return IMAGE_TYPES.find((type) => type.mime === mime) ?? IMAGE_TYPES[0];
}

/** The type of a file extension, if any. */
export function imageTypeOfExtension(extension: string): ImageType | undefined {
  return IMAGE_TYPES.find((type) => (type.extensions as readonly string[]).includes(extension));
}
