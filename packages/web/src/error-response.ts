import { reportFault, toImgwireError } from '@imgwire/core';

/**
 * The response to an upload error, or multer's, as `application/problem+json` (RFC 9457); undefined for any other error, which
 * is yours to log. What you have to mend (a wrong key, a service that cannot be reached) is logged with its causes: to the `logger`
 * of the connection, else to `console.error`.
 *
 * @example
 * const response = imgwireErrorResponse(error);
 * if (!response) throw error;
 */
export function imgwireErrorResponse(error: unknown): Response | undefined {
  reportFault(error);
  const known = toImgwireError(error);
  return (
    known &&
    new Response(JSON.stringify(known), {
      status: known.status,
      headers: { ...known.headers, 'Content-Type': 'application/problem+json' },
    })
  );
}
