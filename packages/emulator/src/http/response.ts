import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { toHeaderCase } from './header-case.ts';

/** The response of a route, to be sent. */
export interface HttpResponse {
  readonly status: number;
  readonly headers?: OutgoingHttpHeaders;
  /**
   * Text and buffers get a Content-Length. A stream is sent as it arrives, and is destroyed when the client
   * disconnects.
   */
  readonly body?: string | Buffer | Readable;
}

/** A JSON response. The Go and Ruby SDKs decode nothing without this Content-Type. */
export function json(body: unknown, headers: OutgoingHttpHeaders = {}, status = 200): HttpResponse {
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Sends a response, and resolves when the system has it. Rejects if the client disconnects first. */
export async function sendResponse(target: ServerResponse, response: HttpResponse): Promise<void> {
  const { status, headers = {}, body } = response;
  if (body instanceof Readable) {
    try {
      target.writeHead(status, toHeaderCase(headers));
    } catch (error) {
      discardBody(response);
      throw error;
    }
    return pipeline(body, target);
  }
  // 204 and 304 have no content, and so no Content-Length (RFC 9110, 8.6).
  const length = status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body ?? '') };
  target.writeHead(status, toHeaderCase({ ...length, ...headers }));
  target.end(body);
  await finished(target);
}

/** Closes the file behind a response that is not sent. */
export function discardBody({ body }: HttpResponse): void {
  // A file that cannot be opened says so later, and nobody else listens.
  if (body instanceof Readable) body.on('error', () => undefined).destroy();
}
