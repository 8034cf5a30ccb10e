import { ImgwireUploadError } from './errors.ts';

/**
 * Checks the id of an image before it becomes a part of a path, in which a slash, or two dots, would name something else.
 *
 * @param who the method, for the error: `retrieve()`
 * @throws TypeError for what is no text, or an empty one; ImgwireUploadError `IMAGE_NOT_FOUND` for a text that no id can be
 */
export function checkImageId(who: string, id: unknown): string {
  if (typeof id !== 'string' || id === '') {
    throw new TypeError(`${who}: the id of the image must be a string that is not empty.`);
  }
  if (!/^[\w-]+$/.test(id)) throw new ImgwireUploadError('IMAGE_NOT_FOUND');
  return id;
}
