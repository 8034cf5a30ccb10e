import { UUID } from '../validate.ts';
import { domainError, Refusal } from './errors.ts';
import type { Route } from './route.ts';

/** A route and the values of its `{names}`. */
export interface Match {
  readonly route: Route;
  readonly params: Record<string, string>;
}

/** Finds the route of a request. */
export interface Router {
  find(method: string, path: string): Match | undefined;
  /**
   * The response to a request that matches no route: 405 if another method would, 307 if only the trailing slash
   * is wrong, else 404.
   */
  refuse(method: string, url: URL, baseUrl: string): Refusal;
}

/** Creates a router for a table of routes; the first row that matches a path wins. */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({ route, expression: compile(route.path) }));

  function matchesOf(path: string): Match[] {
    return compiled.flatMap(({ route, expression }) => {
      const found = expression.exec(path);
      return found ? [{ route, params: { ...found.groups } }] : [];
    });
  }

  function refuse(method: string, { pathname: path, search }: URL, baseUrl: string): Refusal {
    const methods = new Set(matchesOf(path).map(({ route }) => route.method));
    if (methods.size > 0) {
      return domainError(405, 'RequestError', 'Method Not Allowed', { allow: [...methods].join(', ') });
    }
    // The service runs on a framework that redirects to the exact path; a client that relies on that is
    // noticed here.
    const other = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
    if (matchesOf(other).some(({ route }) => route.method === method)) {
      return new Refusal({ status: 307, headers: { location: `${baseUrl}${other}${search}` } });
    }
    return domainError(404, 'ResourceNotFoundError', 'There is nothing at this path.');
  }

  return {
    find: (method, path) => matchesOf(path).find(({ route }) => route.method === method),
    refuse,
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
