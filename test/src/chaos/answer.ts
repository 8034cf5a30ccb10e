/** An answer off a socket. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

/** Puts answers together from the bytes of a connection, in their order. */
export interface AnswerReader {
  /** Takes bytes as they arrive; answers what became whole. */
  push(chunk: Buffer): RawAnswer[];
  /** The connection is closed: an answer without a length is whole now. */
  end(): RawAnswer[];
}

/** Creates a reader of answers to POST requests (RFC 9112, section 6.3). */
export function createAnswerReader(): AnswerReader {
  let rest: Buffer = Buffer.alloc(0);
  const take = (closed: boolean): RawAnswer[] => {
    const answers: RawAnswer[] = [];
    for (;;) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) return answers;
      const head = parseHead(rest.subarray(0, end).toString('latin1'));
      const body = takeBody(head.headers, rest.subarray(end + 4), closed);
      if (!body) return answers;
      answers.push({ ...head, text: body.text });
      rest = body.rest;
    }
  };
  return {
    push: (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      return take(false);
    },
    end: () => take(true),
  };
}

/** The body of an answer, and what follows it; undefined while it is not whole. */
function takeBody(
  headers: RawAnswer['headers'],
  bytes: Buffer,
  closed: boolean,
): { readonly text: string; readonly rest: Buffer } | undefined {
  if (headers['transfer-encoding'] === 'chunked') return takeChunks(bytes);
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (length === undefined) return closed ? { text: bytes.toString(), rest: Buffer.alloc(0) } : undefined;
  if (bytes.length < length) return undefined;
  return { text: bytes.subarray(0, length).toString(), rest: bytes.subarray(length) };
}

function takeChunks(bytes: Buffer): ReturnType<typeof takeBody> {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(bytes.subarray(at, line).toString('latin1'), 16);
    at = line + 2 + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return { text: Buffer.concat(chunks).toString(), rest: bytes.subarray(at) };
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
  }
}

function parseHead(text: string): Pick<RawAnswer, 'status' | 'headers'> {
  const [first = '', ...lines] = text.split('\r\n');
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(' ')[1]), headers: Object.fromEntries(headers) };
}
