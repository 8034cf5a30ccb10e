import { toUploadError } from '@imgwire/core';

/**
 * The response to an upload error, or multer's, as `application/problem+json` (RFC 9457); undefined for any other error.
 *
 * @example app.onError((error) => imgwireErrorResponse(error) ?? new Response(null, { status: 500 }));
 */
export function imgwireErrorResponse(error: unknown): Response | undefined {
  const known = toUploadError(error);
  return (
    known &&
    new Response(JSON.stringify(known), {
      status: known.status,
      headers: { ...known.headers, 'Content-Type': 'application/problem+json' },
    })
  );
}
