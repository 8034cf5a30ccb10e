import { urlOf } from '../url-of.ts';

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
