import type { Agent } from 'undici/index.js';
import { connectionError } from './upstream-error.ts';

/** One HTTP request to Imgwire or its store. */
export interface HttpRequest {
  /** For error messages: method and path, no query. */
  readonly call: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Longest time without progress, milliseconds: while sending, while waiting for the response, while reading its body. */
  readonly idleTimeoutMs: number;
  /** Whether to discard the body of a 2xx. @default false */
  readonly discardAnswer?: boolean;
  /** Whether to use a new connection, or one that has just been in use. @default false */
  readonly freshConnection?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A complete response; `body` is its text. */
export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: string;
}

/**
 * The parts we use of an undici `Dispatcher`, typed structurally: an application may have another version of undici.
 * The one inside Node, which `fetch` uses, has no `request`.
 */
export interface DispatcherLike {
  /** Makes one request; resolves with the head of the response. */
  request(options: object): Promise<{
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: AnswerBody;
  }>;
}

/** The body of a response, to be read or released. */
export interface AnswerBody extends AsyncIterable<unknown> {
  /** Discards what is left, so that the connection can be reused. */
  dump(): Promise<unknown>;
  /** Closes the connection. */
  destroy(): unknown;
}

/** The keep-alive connections to Imgwire and its store. */
export interface Http {
  /** Rejects with `UPSTREAM_UNAVAILABLE` or `UPSTREAM_TIMEOUT`, with the signal's reason, or with the body's own error. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Closes idle connections, except those of a user's dispatcher; never rejects. */
  close(): Promise<void>;
}

/** No server closes a connection after so short an idle time; nginx and S3 wait many seconds. */
const FRESH_MS = 1_000;

/** No API response comes near this; a longer error page of a store or proxy is truncated. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Opens the pool. undici's own dispatcher rather than `fetch`: `fetch` takes twice the CPU for a streamed body and never
 * settles when the body is longer than declared.
 *
 * @param dispatcher the user's own, used for every request instead. We neither choose nor close its connections
 */
export function openHttp(connectTimeoutMs: number, dispatcher?: DispatcherLike): Http {
  if (dispatcher) return { send: (request) => send(dispatcher, request), close: async () => undefined };
  const agents = openAgents(connectTimeoutMs);
  agents.catch(() => undefined);
  return {
    send: async (request) => {
      const { keepAlive, fresh } = await agents;
      return send(request.freshConnection ? fresh : keepAlive, request);
    },
    close: async () => {
      const all = Object.values(await agents);
      await Promise.all(all.map((agent) => agent.close().catch(() => undefined)));
    },
  };
}

/**
 * Loads undici in parallel with the start of the application: it takes as long to load as Express. By its file, because Bun
 * has its own undici under the bare name, whose Agent sends nothing.
 */
async function openAgents(timeout: number): Promise<Readonly<Record<'keepAlive' | 'fresh', Agent>>> {
  const { default: undici } = await import('undici/index.js');
  const connect = { timeout };
  return {
    keepAlive: new undici.Agent({ connect }),
    fresh: new undici.Agent({ connect, keepAliveTimeout: FRESH_MS, keepAliveMaxTimeout: FRESH_MS }),
  };
}

async function send(agent: DispatcherLike, request: HttpRequest): Promise<HttpAnswer> {
  try {
    const { origin, pathname, search } = new URL(request.url);
    const answer = await agent.request({
      origin,
      path: pathname + search,
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      headersTimeout: request.idleTimeoutMs,
      bodyTimeout: request.idleTimeoutMs,
      signal: request.signal ?? null,
    });
    return {
      status: answer.statusCode,
      header: (name) => firstOf(answer.headers[name]),
      body: await readText(answer, request),
    };
  } catch (error) {
    throw request.signal?.aborted ? request.signal.reason : connectionError(request.call, error);
  }
}

/** The text of a response, bounded in size and time: a server that trickles must not hold an upload forever. */
async function readText(
  { statusCode, body }: Awaited<ReturnType<DispatcherLike['request']>>,
  { discardAnswer, idleTimeoutMs }: HttpRequest,
): Promise<string> {
  const timer = setTimeout(() => body.destroy(), idleTimeoutMs);
  if (discardAnswer && statusCode < 300) {
    // Not awaited here, but close() waits for its connection.
    const read = body.dump().catch(() => undefined);
    void read.then(() => clearTimeout(timer));
    return '';
  }
  try {
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES) break;
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } finally {
    clearTimeout(timer);
  }
}

const firstOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;
