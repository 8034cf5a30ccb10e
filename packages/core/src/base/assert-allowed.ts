import { ImgwireUploadError } from './errors.ts';

/**
 * Lets pass what an `authorize` has answered only where that is true: one that forgot to answer, or that answers the user
 * it has not found, must not open the door.
 *
 * @throws ImgwireUploadError `FORBIDDEN`, whose `cause` names the kind of an answer that is no boolean
 */
export function assertAllowed(answer: unknown): void {
  if (answer === true) return;
  const told = `authorize answered ${kindOf(answer)}; only true lets it pass.`;
  throw new ImgwireUploadError('FORBIDDEN', answer === false ? {} : { cause: new TypeError(told) });
}

/** Never the answer itself: it may be somebody's session. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
