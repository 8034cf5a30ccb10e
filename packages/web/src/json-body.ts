import { ImgwireError } from '@imgwire/core';
import { assertUnread } from './assert-unread.ts';

/** No body with a URL comes near this. */
const MAX_BYTES = 16 * 1024;

/**
 * Parses the JSON body of a request, of 16 KiB at most; undefined for a body of another type, and for one that does not parse.
 *
 * @throws ImgwireError `BODY_ALREADY_READ`, `LIMIT_REQUEST_SIZE`, `CLIENT_ABORTED`
 */
export async function jsonBody(request: Request): Promise<unknown> {
  assertUnread(request);
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) return undefined;
  const text = await readText(request.body);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let left = MAX_BYTES;
  for (;;) {
    const { value } = (await reader?.read().catch(leave)) ?? {};
    if (!value) return new TextDecoder().decode(Buffer.concat(chunks));
    chunks.push(value);
    left -= value.byteLength;
    if (left >= 0) continue;
    reader?.cancel().catch(() => undefined);
    throw new ImgwireError('LIMIT_REQUEST_SIZE', {
      message: `The request is larger than ${MAX_BYTES} bytes.`,
    });
  }
}

function leave(cause: unknown): never {
  throw new ImgwireError('CLIENT_ABORTED', { cause });
}
