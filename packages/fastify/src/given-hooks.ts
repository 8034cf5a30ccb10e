import type { FastifyInstance, RouteOptions } from 'fastify';
import { expectForms } from './arrivals.ts';
import type { UploadHook } from './request.ts';

type Method = (this: object, ...given: unknown[]) => unknown;

/** The upload hooks of a plugin, and where Fastify gets them. */
export interface GivenHooks {
  /** Notes a hook that was made. */
  add(hook: UploadHook, name: string): UploadHook;
  /** Notes that a route has a hook. */
  look(route: RouteOptions): void;
  /** Whether Fastify has not been given a hook itself so far. Says once what to write. */
  areHidden(): boolean;
}

/** The hooks of a route that can be upload hooks. */
const PLACES = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;
type Hooks = Readonly<Partial<Record<(typeof PLACES)[number], unknown>>> & {
  readonly config?: { readonly imgwire?: unknown };
};

/** Those that the application has not written itself. */
const marks = new WeakSet<object>();

/**
 * Watches which upload hooks the routes and scopes of an application are given, and marks these routes by
 * `config: { imgwire: true }`. It looks at what the application writes, in front of Fastify and its `onRoute` hooks: tracers such as
 * `@fastify/otel` and Sentry replace every hook there.
 *
 * @param methods make upload hooks; a route with one of them in place of a hook is refused with a TypeError
 */
export function watchHooks(fastify: FastifyInstance, methods: Readonly<Record<string, object>>): GivenHooks {
  const names = new Map(Object.entries(methods).map(([name, method]): [unknown, string] => [method, name]));
  const made = new WeakSet<object>();
  const hidden = new Map<unknown, string>();
  let isSaid = false;
  let isReady = false;

  const find = (hooks: readonly unknown[]): boolean => {
    const name = hooks.map((hook) => names.get(hook)).find(Boolean);
    if (name) {
      throw new TypeError(
        `app.imgwire.${name} was used as a hook without being called: write { preHandler: app.imgwire.${name}(…) }.`,
      );
    }
    const ours = hooks.filter((hook) => made.has(hook as object));
    for (const hook of ours) hidden.delete(hook);
    return ours.length > 0;
  };
  /** The options of a route with the mark, if they have a hook. */
  const marked = (given: unknown): unknown => {
    if (typeof given !== 'object' || given === null) return given;
    const { config, ...hooks } = given as Hooks;
    if (config?.imgwire && !marks.has(config)) isSaid = true;
    if (!find(PLACES.flatMap((place) => hooks[place] ?? []))) return given;
    const mark = { ...config, imgwire: true };
    marks.add(mark);
    return { ...given, config: mark };
  };
  watchRoutes(fastify, marked);
  watchScopes(fastify, (hook) => find([hook]));
  return {
    add: (hook, name) => {
      made.add(hook);
      // One that is made for a request is called there.
      if (!isReady) hidden.set(hook, name);
      return hook;
    },
    look: (route) => void Object.assign(route, marked(route)),
    areHidden: () => {
      isReady = true;
      const [name] = hidden.values();
      if (name !== undefined && !isSaid)
        process.emitWarning(hiddenHook(name), { code: 'IMGWIRE_HIDDEN_HOOK' });
      return name !== undefined;
    },
  };
}

const hiddenHook = (name: string): string =>
  `${name}: no route has this upload hook itself. Where a function calls it, in place of a hook or in a handler, write in the options of the route: config: { imgwire: true }`;

/** Calls the methods of a scope that take the options of a route with what `see` makes of them. */
function watchRoutes(fastify: FastifyInstance, see: (given: unknown) => unknown): void {
  const app = fastify as unknown as Record<string, Method | undefined>;
  const verbs = fastify.supportedMethods.map((method) => method.toLowerCase());
  for (const name of ['route', 'all', 'setNotFoundHandler', ...verbs]) {
    const method = app[name];
    if (!method) continue;
    app[name] = function (...given) {
      return method.apply(this, given.map(see));
    };
  }
}

/** Has the routes of a scope expect forms when it gets an upload hook. */
function watchScopes(fastify: FastifyInstance, isOurs: (hook: unknown) => boolean): void {
  const addHook = fastify.addHook as Method;
  const watched: Method = function (name, hook) {
    // One in front of the parsers takes its form there.
    if (isOurs(hook) && (name === 'preValidation' || name === 'preHandler')) expectForms(this);
    return addHook.call(this, name, hook);
  };
  fastify.addHook = watched as never;
}
