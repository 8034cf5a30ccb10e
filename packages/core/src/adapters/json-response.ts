import { type ImgwireError, toImgwireError } from '../errors.ts';
import { reportFault } from '../logger.ts';
import { mergeVary } from './same-site.ts';

/** A response for an adapter to send. */
export interface JsonResponse {
  readonly status: number;
  /** Complete but for the length. A `Vary` is to be added to one in front: see {@link headersOf}. */
  readonly headers: Readonly<Record<string, string>>;
  /** To be sent as JSON; undefined for a response without a body. */
  readonly body: object | undefined;
}

/** The response to a failure: problem details (RFC 9457). */
export const toProblemResponse = (error: ImgwireError): JsonResponse => ({
  status: error.status,
  headers: { ...error.headers, 'Content-Type': 'application/problem+json' },
  body: error.toJSON(),
});

/**
 * The response to an upload error, or multer's: problem details (RFC 9457). Undefined for any other error, which is the
 * framework's to respond to. What the operator or the developer has to mend is logged, once, with its causes: to the `logger` of
 * the instance, else to `console.error`.
 */
export function errorResponse(error: unknown): JsonResponse | undefined {
  const known = toImgwireError(error);
  if (!known) return undefined;
  reportFault(error);
  return toProblemResponse(known);
}

/**
 * The headers of a response. Its `Vary` adds to the one that is there: a cache that is told less serves one client's response to
 * another.
 *
 * @param vary the `Vary` that is already on the framework's response
 */
export function headersOf(
  { headers }: JsonResponse,
  vary: number | string | readonly string[] | undefined,
): Record<string, string> {
  const { Vary: own, ...others } = headers;
  return own ? { ...others, Vary: mergeVary(vary, own) } : others;
}
