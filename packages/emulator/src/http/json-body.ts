import type { Call } from './call.ts';
import { domainError, validationError } from './errors.ts';
import { receiveBody } from './receive-body.ts';

/** No API call needs more; a larger body is rejected before it is buffered. */
const MAX_BODY_BYTES = 1024 * 1024;

/** Deeper than any call or fault. `JSON.stringify` recurses, so what is parsed could not be shown any more. */
const MAX_DEPTH = 100;

const [QUOTE, BACKSLASH, OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('"\\[]{}');

/**
 * The JSON body of an API call; undefined if there is none.
 * @throws HttpError 413 above 1 MiB, 422 if it is not JSON or is nested in more than 100 levels
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
  const bytes = Buffer.concat(chunks);
  if (isDeep(bytes)) throw notJson();
  return parse(bytes.toString('utf8'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notJson();
  }
}

function notJson(): Error {
  return validationError([{ loc: ['body', 0], msg: 'JSON decode error', type: 'json_invalid' }]);
}

/** Found before it is parsed: a million arrays within each other take their time, in the parser too. */
function isDeep(bytes: Buffer): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) isInText = !isInText;
    else if (isInText) at += byte === BACKSLASH ? 1 : 0;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
