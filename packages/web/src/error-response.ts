import { errorResponse } from '@imgwire/core/adapter';
import { toResponse } from './to-response.ts';

/**
 * The response to an upload error, or multer's, as `application/problem+json` (RFC 9457); undefined for any other error, which
 * is yours to log. What you have to mend (a wrong key, a service that cannot be reached) is logged with its causes: to the `logger`
 * of the instance, else to `console.error`.
 *
 * @example
 * const response = imgwireErrorResponse(error);
 * if (!response) throw error;
 */
export function imgwireErrorResponse(error: unknown): Response | undefined {
  const response = errorResponse(error);
  return response && toResponse(response);
}
