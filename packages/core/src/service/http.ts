/// <reference path="./undici-agent.d.ts" />
import type { Agent } from 'undici/index.js';
import type { HttpRequest, HttpResponse } from './http-request.ts';
import { ResponseHandler } from './response-handler.ts';

/**
 * The part we use of an undici `Dispatcher`, typed structurally: an application may have another version of undici (6 or
 * later), or pass the one inside Node, which `fetch` uses.
 */
export interface DispatcherLike {
  /** Makes one request, and calls the handler's methods. */
  dispatch(options: never, handler: never): boolean;
}

/** The keep-alive connections to Imgwire and its object storage. */
export interface Http {
  /**
   * Sends one request. Rejects with `UPSTREAM_UNAVAILABLE` or `UPSTREAM_TIMEOUT`, the signal's reason, or the body's own error.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes idle connections, except those of a user's dispatcher. Never rejects. */
  close(): Promise<void>;
}

/** No server closes a connection after so short an idle time: nginx and S3 wait many seconds. */
const FRESH_MS = 1_000;

/**
 * Opens the pool. We use undici's own dispatcher, because `fetch` takes twice the CPU for a streamed body, and never settles when
 * the body is longer than declared.
 *
 * @param dispatcher the user's own, used for every request instead. We neither choose nor close its connections
 */
export function openHttp(connectTimeoutMs: number, dispatcher?: DispatcherLike): Http {
  if (dispatcher) return { send: (request) => send(dispatcher, request), close: async () => undefined };
  const loading = openAgents(connectTimeoutMs);
  let agents: Agents | undefined;
  loading.then(
    (loaded) => {
      agents = loaded;
    },
    () => undefined,
  );
  const over = ({ keepAlive, fresh }: Agents, request: HttpRequest): Promise<HttpResponse> =>
    send(request.freshConnection ? fresh : keepAlive, request);
  return {
    send: (request) => (agents ? over(agents, request) : loading.then((loaded) => over(loaded, request))),
    close: async () => {
      const all = Object.values(await loading);
      // All calls have settled. A graceful close would wait for connections that are still being made, for `connectTimeoutMs`.
      await Promise.all(all.map((agent) => agent.destroy().catch(() => undefined)));
    },
  };
}

type Agents = Readonly<Record<'keepAlive' | 'fresh', Agent>>;

/**
 * Loads undici's Agent in parallel with the start of the application: it takes as long to load as Express. Never undici's index:
 * it makes its own Agent that of the process, if there is none yet. Then `fetch` of Node 20 and 22 fails for each body with a
 * `content-length`, in the whole application.
 */
async function openAgents(timeout: number): Promise<Agents> {
  const { default: UndiciAgent } = await import('undici/lib/dispatcher/agent.js');
  const connect = { timeout };
  return {
    keepAlive: new UndiciAgent({ connect }),
    fresh: new UndiciAgent({ connect, keepAliveTimeout: FRESH_MS, keepAliveMaxTimeout: FRESH_MS }),
  };
}

function send(dispatcher: DispatcherLike, request: HttpRequest): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { origin, path, method, headers, body = null, signal } = request;
    if (signal?.aborted) return reject(signal.reason);
    const handler = new ResponseHandler(request, resolve, reject);
    try {
      // 0 is none; without it undici has its own.
      const { idleTimeoutMs: idle = 0 } = request;
      const timeouts = { headersTimeout: idle, bodyTimeout: idle };
      dispatcher.dispatch({ origin, path, method, headers, body, ...timeouts } as never, handler as never);
    } catch (error) {
      handler.onResponseError(undefined, error);
    }
  });
}
