const TYPES = 'JPEG, PNG, WebP, AVIF, GIF, TIFF, JPEG XL, ICO, HEIC or BMP';

/** Why an upload has failed, for the person who chose the file. */
export async function inWords(error) {
  // Imgwire gives the reason in the body of its response, which the client leaves unread.
  const body = await error.response?.json().catch(() => undefined);
  const [detail] = [body?.detail].flat();
  if (!detail) return error.message;
  const isOtherType = detail.loc?.at(-1) === 'mime_type';
  return isOtherType
    ? `Imgwire does not take files of this type. It takes ${TYPES}.`
    : `Imgwire does not take this file. ${detail.msg ?? detail}`;
}
