import { ImgwireError } from '../errors.ts';

/**
 * Throws unless `authorize` returned `true`. One that forgets to return, or returns the user it did not find, must fail closed.
 *
 * @throws ImgwireError `FORBIDDEN`, whose `cause` names the type of a result that is not a boolean
 */
export function assertAllowed(verdict: unknown): void {
  if (verdict === true) return;
  const message = `authorize returned ${kindOf(verdict)}: it must return true or false, and only true lets a client upload.`;
  throw new ImgwireError('FORBIDDEN', verdict === false ? {} : { cause: new TypeError(message) });
}

/** Names the type of what a callback returned. Never shows the value itself: it may be somebody's session. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
