/// <reference path="./undici-agent.d.ts" />
import type { Agent } from 'undici/index.js';
import { type ConnectionsAhead, openConnectionsAhead, UNUSED_MS } from './connections-ahead.ts';
import type { HttpRequest, HttpResponse } from './http-request.ts';
import { type OwnConnections, ResponseHandler } from './response-handler.ts';

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
  /**
   * Opens a connection to each of these origins, for an upload that has begun, unless there is one. Nothing with a user's
   * dispatcher. Never throws.
   */
  expectUpload(...origins: readonly (string | undefined)[]): void;
  /** Closes idle connections, except those of a user's dispatcher. Never rejects. */
  close(): Promise<void>;
}

/** No server closes a connection after so short an idle time: nginx and S3 wait many seconds. */
const FRESH_MS = 1_000;
/**
 * How long a connection stays idle if the server gives no hint (`Keep-Alive: timeout=`). undici's own are 4 s, less than between
 * two uploads. Load balancers wait for a minute, and what a server closes earlier costs a second try.
 */
const IDLE_MS = 15_000;

/**
 * Opens the pool. We use undici's own dispatcher, because `fetch` takes twice the CPU for a streamed body, and never settles when
 * the body is longer than declared.
 *
 * @param dispatcher the user's own, used for every request instead. We neither choose nor close its connections
 */
export function openHttp(connectTimeoutMs: number, dispatcher?: DispatcherLike): Http {
  const nothing = (): void => undefined;
  if (dispatcher) {
    return {
      send: (request) => send(request, dispatcher),
      expectUpload: nothing,
      close: async () => undefined,
    };
  }
  const loading = openAgents(connectTimeoutMs);
  let agents: Agents | undefined;
  loading.then((loaded) => {
    agents = loaded;
  }, nothing);
  return {
    send: (request) => (agents ? over(agents, request) : loading.then((loaded) => over(loaded, request))),
    expectUpload: (...origins) => {
      if (agents) expectRequests(agents, origins);
      else loading.then((loaded) => expectRequests(loaded, origins)).catch(nothing);
    },
    close: async () => {
      const { ahead, keepAlive, fresh, single } = await loading;
      ahead.close();
      // All calls have settled. A graceful close would wait for connections that are still being made, for `connectTimeoutMs`.
      await Promise.all([keepAlive, fresh, single].map((agent) => agent.destroy().catch(nothing)));
    },
  };
}

interface Agents {
  readonly keepAlive: Agent;
  /** Reuses a connection for a second only. */
  readonly fresh: Agent;
  /** Makes a connection for each request. */
  readonly single: Agent;
  readonly ahead: ConnectionsAhead;
  /** Absent if the runtime puts an Agent of its own in place of undici's, whose connections we would not know. */
  readonly own: OwnConnections | undefined;
}

/**
 * Loads undici's Agent in parallel with the start of the application: it takes as long to load as Express. Never undici's index:
 * it makes its own Agent that of the process, if there is none yet. Then `fetch` of Node 20 and 22 fails for each body with a
 * `content-length`, in the whole application.
 */
async function openAgents(timeout: number): Promise<Agents> {
  const [{ default: UndiciAgent }, { default: buildConnector }] = await Promise.all([
    import('undici/lib/dispatcher/agent.js'),
    import('undici/lib/core/connect.js'),
  ]);
  const connect = buildConnector({ timeout });
  const ahead = openConnectionsAhead(connect);
  const keepAlive = new UndiciAgent({ connect: ahead.connector(UNUSED_MS), keepAliveTimeout: IDLE_MS });
  const fresh = new UndiciAgent({
    connect: ahead.connector(FRESH_MS),
    keepAliveTimeout: FRESH_MS,
    keepAliveMaxTimeout: FRESH_MS,
  });
  // undici closes a connection without pipelining after its request.
  const single = new UndiciAgent({ connect: ahead.connector(0), pipelining: 0 });
  const { starting, distrust, begun, ended } = ahead;
  const sendAgain: OwnConnections['sendAgain'] = (request, handler) => dispatch(single, request, handler);
  return {
    ...{ keepAlive, fresh, single, ahead },
    own: 'stats' in keepAlive ? { starting, distrust, begun, ended, sendAgain } : undefined,
  };
}

function over({ own, keepAlive, fresh, single }: Agents, request: HttpRequest): Promise<HttpResponse> {
  const { connection } = request;
  if (connection === 'new') return send(request, single, own);
  return send(request, connection === 'fresh' ? fresh : keepAlive, own);
}

function expectRequests({ ahead, own }: Agents, origins: readonly (string | undefined)[]): void {
  if (!own) return;
  for (const origin of origins) {
    if (origin) ahead.expect(origin);
  }
}

function send(request: HttpRequest, dispatcher: DispatcherLike, own?: OwnConnections): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { signal } = request;
    if (signal?.aborted) return reject(signal.reason);
    dispatch(dispatcher, request, new ResponseHandler(request, resolve, reject, own));
  });
}

function dispatch(dispatcher: DispatcherLike, request: HttpRequest, handler: ResponseHandler): void {
  // 0 is none; without it undici has its own.
  const { origin, path, method, headers, body = null, idleTimeoutMs: idle = 0 } = request;
  const timeouts = { headersTimeout: idle, bodyTimeout: idle };
  try {
    dispatcher.dispatch({ origin, path, method, headers, body, ...timeouts } as never, handler as never);
  } catch (error) {
    handler.onResponseError(undefined, error);
  }
}
