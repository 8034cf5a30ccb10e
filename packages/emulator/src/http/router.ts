import { urlOf } from '@imgwire/core/adapter';
import type { RouteName } from '../request-log.ts';
import { type Fields, UUID } from '../validate.ts';
import type { Access } from './access.ts';
import type { Call } from './call.ts';
import { domainError, HttpError } from './errors.ts';
import type { HttpResponse } from './response.ts';

/** One row of the table of routes. */
export interface Route {
  readonly name: RouteName;
  readonly method: string;
  /** The exact path. A `{name}` in it matches any one segment, a `{name:uuid}` a UUID. */
  readonly path: string;
  readonly access: Access;
  /** `{names}` of the path that must be UUIDs. */
  readonly uuids?: readonly string[];
  /** Fields of the JSON body. Absent: there is none, and any body is drained. */
  readonly body?: Fields;
  /** The route reads the raw body itself. */
  readonly streams?: true;
  readonly handle: (call: Call) => HttpResponse | Promise<HttpResponse>;
}

/** A route and the values of its `{names}`. */
export interface Match {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/** Finds the route of a request. */
export interface Router {
  find(method: string, path: string): Match | undefined;
  /** Rejects a request without a route: 405 if another method has one, 307 if only the trailing slash is wrong, else 404. */
  reject(method: string, url: URL, baseUrl: string): HttpError;
}

/** Creates a router for a table of routes. The first row that matches a path wins. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ route, expression: compile(route.path) }));

  function matchesOf(path: string): Match[] {
    return compiled.flatMap(({ route, expression }) => {
      const found = expression.exec(path);
      return found ? [{ route, params: { ...found.groups } }] : [];
    });
  }

  function reject(method: string, { pathname: path, search }: URL, baseUrl: string): HttpError {
    const methods = new Set(matchesOf(path).map(({ route }) => route.method));
    if (methods.size > 0) {
      return domainError(405, 'RequestError', 'Method Not Allowed', { allow: [...methods].join(', ') });
    }
    // The service runs on a framework that redirects to the exact path. A client that relies on that is noticed here.
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    if (matchesOf(other).some(({ route }) => route.method === method)) {
      return new HttpError({ status: 307, headers: { location: `${baseUrl}${other}${search}` } });
    }
    return domainError(404, 'ResourceNotFoundError', 'There is nothing at this path.');
  }

  return {
    find: (method, path) => matchesOf(path).find(({ route }) => route.method === method),
    reject,
  };
}

/** One regular expression for the whole path, so that a lookup costs microseconds however many routes there are. */
function compile(path: string): RegExp {
  const source = path
    .replaceAll('.', '\\.')
    .replace(
      /\{(\w+)(:uuid)?\}/g,
      (_, name: string, uuid?: string) => `(?<${name}>${uuid ? UUID : '[^/]+'})`,
    );
  return new RegExp(`^${source}$`);
}

const NO_ROUTE = new URL('http://emulator/*');

/** What the URL standard resolves: a segment of dots, encoded or not, and backslashes, which it takes for slashes. */
const RESOLVED = /\\|\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The target of a request: a path, or an absolute URL as for a proxy, which servers must accept too (RFC 9112, 3.2.2).
 * Anything else matches no route, and so does a path that is not the one that was sent once it is resolved.
 */
export function parseTarget(target: string): URL {
  const url = target.startsWith('/') ? `http://emulator${target}` : target;
  const [, path] = /^https?:\/\/[^/?#]*([^?#]*)/.exec(url) ?? [];
  if (path === undefined || RESOLVED.test(path)) return NO_ROUTE;
  return urlOf(url) ?? NO_ROUTE;
}
