/**
 * Refuses a request where options or a name belong: what makes a middleware was itself used as one, without being called. So
 * the first request would be its options.
 *
 * @param who what makes the middleware, for the error: `imgwireUpload()`
 * @throws TypeError
 */
export function assertNotRequest(who: string, value: unknown): void {
  // Node's request, a web Request, and those of frameworks that wrap them.
  const { method, headers } = Object(value) as { method?: unknown; headers?: unknown };
  if (typeof method !== 'string' || typeof headers !== 'object') return;
  throw new TypeError(
    `${who}: it was called with a request; where the route is made, write its call, with ( ).`,
  );
}
