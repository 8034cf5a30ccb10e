import { once } from 'node:events';
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';

/** A part of a form: a text field, or a file. */
export type Part =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly fileName: string; readonly type?: string; readonly bytes: Uint8Array };

export const BOUNDARY = '----WebKitFormBoundaryq8ZtGfDdTz0NLmC1';

/** The form as a browser encodes it. */
export function encodeForm(parts: readonly Part[], boundary: string = BOUNDARY): Buffer {
  const chunks = parts.flatMap((part) => {
    const head =
      'value' in part
        ? `Content-Disposition: form-data; name="${part.name}"\r\n\r\n`
        : `Content-Disposition: form-data; name="${part.name}"; filename="${part.fileName}"\r\n` +
          `Content-Type: ${part.type ?? 'application/octet-stream'}\r\n\r\n`;
    return [
      Buffer.from(`--${boundary}\r\n${head}`),
      'value' in part ? Buffer.from(part.value) : part.bytes,
      Buffer.from('\r\n'),
    ];
  });
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
}

export interface PostOptions {
  /** @default 'POST' */
  readonly method?: string;
  readonly chunked?: boolean;
  readonly boundary?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Replaces the correct Content-Length. */
  readonly contentLength?: number;
  /** For keep-alive connections. @default a new connection */
  readonly agent?: Agent;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read JSON of many shapes
  readonly json: any;
}

/** A POST whose body the test writes in chunks. */
export interface OpenPost {
  readonly request: ClientRequest;
  readonly answer: Promise<Answer>;
  write(chunk: Uint8Array): Promise<void>;
  end(): void;
}

export function openPost(url: string, length: number, options: PostOptions = {}): OpenPost {
  const outgoing = request(url, {
    method: options.method ?? 'POST',
    agent: options.agent ?? false,
    headers: {
      'content-type': `multipart/form-data; boundary=${options.boundary ?? BOUNDARY}`,
      ...(options.chunked
        ? { 'transfer-encoding': 'chunked' }
        : { 'content-length': String(options.contentLength ?? length) }),
      ...options.headers,
    },
  });
  const answer = readAnswer(outgoing);
  // A test that destroys its request does not await the response.
  answer.catch(() => undefined);
  return {
    request: outgoing,
    answer,
    write: async (chunk) => {
      if (!outgoing.write(chunk)) await once(outgoing, 'drain');
    },
    end: () => outgoing.end(),
  };
}

async function readAnswer(outgoing: ClientRequest): Promise<Answer> {
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  const isJson = /json/.test(incoming.headers['content-type'] ?? '');
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** Posts a whole form. */
export async function postForm(
  url: string,
  parts: readonly Part[],
  options: PostOptions = {},
): Promise<Answer> {
  return postBody(url, encodeForm(parts, options.boundary), options);
}

/** Posts an encoded form. */
export async function postBody(url: string, body: Uint8Array, options: PostOptions = {}): Promise<Answer> {
  const post = openPost(url, body.length, options);
  post.request.end(body);
  return post.answer;
}
