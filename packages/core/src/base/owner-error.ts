import { isImgwireUploadError } from './errors.ts';

/**
 * Whether an error of a stream is for the client: whoever owns the bytes has given up on them, for a limit of its own, and says
 * with which status to respond (as http-errors, SvelteKit and graphql-upload do).
 */
export function isForClient(error: unknown): boolean {
  if (isImgwireUploadError(error)) return true;
  const { status, statusCode = status } = Object(error) as { status?: unknown; statusCode?: unknown };
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}
