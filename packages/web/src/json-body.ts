import { ImgwireError } from '@imgwire/core';
import { assertUnread } from './assert-unread.ts';

/**
 * Parses the JSON body of a request, of `maxBytes` at most; undefined for a body of another type, and for one that does not parse.
 *
 * @throws ImgwireError `BODY_ALREADY_READ`, `LIMIT_REQUEST_SIZE`, `CLIENT_ABORTED`
 */
export async function jsonBody(request: Request, maxBytes: number): Promise<unknown> {
  assertUnread(request);
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '')) return undefined;
  const text = await readText(request.body, maxBytes);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(body: ReadableStream<Uint8Array> | null, maxBytes: number): Promise<string> {
  const reader = body?.getReader();
  const chunks: Uint8Array[] = [];
  let left = maxBytes;
  for (;;) {
    const { value } = (await reader?.read().catch(leave)) ?? {};
    if (!value) return new TextDecoder().decode(joined(chunks));
    chunks.push(value);
    left -= value.byteLength;
    if (left >= 0) continue;
    reader?.cancel().catch(() => undefined);
    throw new ImgwireError('LIMIT_REQUEST_SIZE', {
      message: `The request is larger than ${maxBytes} bytes.`,
    });
  }
}

function leave(cause: unknown): never {
  throw new ImgwireError('CLIENT_ABORTED', { cause });
}

/** `Buffer` is not in every runtime. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
