import { ImgwireError, type ImgwireErrorCode } from '../errors.ts';

/**
 * Checks an id before it becomes part of a path. A slash or two dots would address something else there.
 *
 * @param caller the method, for the error: `retrieve()`
 * @throws TypeError for an id that is not a string, or empty; ImgwireError, not found, for one that cannot be an id
 */
type CheckId = (caller: string, id: unknown) => string;

const checker =
  (what: string, missing: ImgwireErrorCode): CheckId =>
  (caller, id) => {
    if (typeof id !== 'string' || id === '') {
      const { id: its } = Object(id) as { id?: unknown };
      const write = typeof its === 'string' ? ': write its id, not the object' : '';
      throw new TypeError(`${caller}: the id of the ${what} must be a string that is not empty${write}.`);
    }
    if (!/^[\w-]+$/.test(id)) throw new ImgwireError(missing);
    return id;
  };

/** Checks the id of an image. */
export const checkImageId: CheckId = checker('image', 'IMAGE_NOT_FOUND');

/** Checks the id of a download job. */
export const checkJobId: CheckId = checker('download job', 'DOWNLOAD_NOT_FOUND');

/**
 * Checks the ids of images.
 *
 * @throws as {@link checkImageId}; TypeError for a value that is not an array, or an empty one
 */
export function checkImageIds(caller: string, ids: unknown): readonly string[] {
  if (!Array.isArray(ids) || ids.length === 0) {
    throw new TypeError(`${caller}: the ids of the images must be an array that is not empty.`);
  }
  return ids.map((id) => checkImageId(caller, id));
}
