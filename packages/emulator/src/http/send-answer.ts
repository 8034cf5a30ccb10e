import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { Answer } from './answer.ts';
import { spellHeaders } from './spell-headers.ts';

/**
 * Sends a response and resolves when it is handed over to the system; rejects if the client disconnects first.
 */
export async function sendAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  const { status, headers = {}, body } = answer;
  if (body instanceof Readable) {
    try {
      response.writeHead(status, spellHeaders(headers));
    } catch (error) {
      discardAnswer(answer);
      throw error;
    }
    return pipeline(body, response);
  }
  // 204 and 304 have no content, and so no Content-Length (RFC 9110, 8.6).
  const length = status === 204 || status === 304 ? {} : { 'content-length': Buffer.byteLength(body ?? '') };
  response.writeHead(status, spellHeaders({ ...length, ...headers }));
  response.end(body);
  await finished(response);
}

/** Closes the file behind a response that is not sent. */
export function discardAnswer({ body }: Answer): void {
  // A file that does not open says so later, and nobody else listens.
  if (body instanceof Readable) body.on('error', () => undefined).destroy();
}
