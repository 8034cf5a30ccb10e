import { ImgwireError } from '../errors.ts';

/**
 * Accepts only `true` from an `authorize`: one that forgets to return, or returns the user it did not find, must fail closed.
 *
 * @throws ImgwireError `FORBIDDEN`, whose `cause` names the type of a result that is not a boolean
 */
export function assertAllowed(answer: unknown): void {
  if (answer === true) return;
  const message = `authorize answered ${kindOf(answer)}; only true lets it pass.`;
  throw new ImgwireError('FORBIDDEN', answer === false ? {} : { cause: new TypeError(message) });
}

/** Never the value itself: it may be somebody's session. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
