/** What frameworks give to a handler, where the web request is in it, and how that is written. */
const PLACES: readonly (readonly [path: readonly string[], written: string])[] = [
  [['req', 'raw'], 'its `c.req.raw`'],
  [['raw'], 'its `c.req.raw`'],
  [['request'], 'its `request`'],
  [['req'], 'its `req`'],
];

/**
 * Refuses what is no web request: the context of Hono, Elysia, SvelteKit and others, or a request of Node's.
 *
 * @param caller what was called, for the error: `receive()`
 * @throws TypeError that says what to pass instead
 */
export function assertRequest(caller: string, value: unknown): asserts value is Request {
  if (isRequest(value)) return;
  const place = PLACES.find(([path]) => isRequest(path.reduce<unknown>(propertyOf, value)));
  throw new TypeError(
    `${caller} takes a web request: ${place ? `pass ${place[1]} instead` : hintFor(value)}.`,
  );
}

/** By its parts: there are as many classes of it as platforms. */
function isRequest(value: unknown): boolean {
  const { headers, signal } = Object(value) as { headers?: { get?: unknown }; signal?: unknown };
  return typeof headers?.get === 'function' && typeof signal === 'object' && 'body' in Object(value);
}

const propertyOf = (value: unknown, name: string): unknown =>
  (Object(value) as Readonly<Record<string, unknown>>)[name];

/** Node's request is that of Express and Koa, and of the Pages Router of Next.js. */
function hintFor(value: unknown): string {
  const isOfNode = 'socket' in Object(value) || 'httpVersion' in Object(propertyOf(value, 'req'));
  return isOfNode
    ? 'for one of Node there are @imgwire/express and @imgwire/fastify, and in Next.js a route of the App Router (route.ts)'
    : 'the `Request` that the platform has made';
}
