import type { Call } from './call.ts';
import { domainError, validationError } from './errors.ts';
import { receiveBody } from './receive-body.ts';

/** No API call needs more; a larger body is rejected before it is buffered. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The JSON body of an API call; undefined if there is none.
 * @throws Refusal 413 above 1 MiB, 422 if it is not JSON
 */
export async function readJsonBody(call: Call): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of receiveBody(call)) {
    if (call.log.bytesReceived > MAX_BODY_BYTES) {
      throw domainError(413, 'RequestError', 'The body of an API call may have 1 MiB at most.');
    }
    chunks.push(chunk);
  }
  if (chunks.length === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw validationError([{ loc: ['body', 0], msg: 'JSON decode error', type: 'json_invalid' }]);
  }
}
