import type { Agent } from 'undici/index.js';
import { connectionError } from './upstream-error.ts';

/** One HTTP request to Imgwire or its store. */
export interface HttpRequest {
  /** For error texts: method and path, no query. */
  readonly call: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Longest time without progress, milliseconds: of the sending, of the wait for the answer, of its body. */
  readonly idleTimeoutMs: number;
  /** Whether the body of a 2xx is of no interest. @default false */
  readonly discardAnswer?: boolean;
  /** Whether to use a new connection, or one that has just been in use. @default false */
  readonly freshConnection?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A whole answer; `body` holds its text. */
export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: string;
}

/**
 * A `Dispatcher` of undici, as far as it is used, written down structurally: the undici of an application need not be ours.
 * Node's own, of which `fetch` is made, has no `request`.
 */
export interface DispatcherLike {
  /** Makes one request; resolves with the head of the answer. */
  request(options: object): Promise<{
    readonly statusCode: number;
    readonly headers: Readonly<Record<string, string | string[] | undefined>>;
    readonly body: AnswerBody;
  }>;
}

/** The body of an answer, which is read, or let go of. */
export interface AnswerBody extends AsyncIterable<unknown> {
  /** Drops what is left, so that the connection can be used again. */
  dump(): Promise<unknown>;
  /** Ends the connection. */
  destroy(): unknown;
}

/** The keep-alive connections to Imgwire and its store. */
export interface Http {
  /** Rejects with `UPSTREAM_UNAVAILABLE` or `UPSTREAM_TIMEOUT`, with the signal's reason, or with the body's own error. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Ends idle connections, but for those of a user's dispatcher; rejects nothing. */
  close(): Promise<void>;
}

/** No server closes a connection that was idle for so short a time; nginx and S3 wait many seconds. */
const FRESH_MS = 1_000;

/** No answer of the API is near this; a store's or proxy's error page beyond it is cut. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/**
 * Opens the pool. undici's own dispatcher rather than `fetch`: `fetch` takes twice the CPU for a streamed body and never
 * settles when the body is longer than declared.
 *
 * @param dispatcher the user's own, which takes every request instead. Its connections are not for us to choose or to end
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
 * Loads undici beside the start of the application: it takes as long to load as Express. By its file, because Bun has an
 * undici of its own under the bare name, whose Agent sends nothing.
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

/** The text of an answer, within bounds of size and time: a server that trickles for ever must not hold an upload. */
async function readText(
  { statusCode, body }: Awaited<ReturnType<DispatcherLike['request']>>,
  { discardAnswer, idleTimeoutMs }: HttpRequest,
): Promise<string> {
  const timer = setTimeout(() => body.destroy(), idleTimeoutMs);
  if (discardAnswer && statusCode < 300) {
    // Not waited for here, but close() waits for its connection.
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
