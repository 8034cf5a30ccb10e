import type { UploadKind } from '@imgwire/core/adapter';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { expectUploads, MARKS } from './arrivals.ts';
import type { UploadHook } from './request.ts';

type Method = (this: object, ...given: unknown[]) => unknown;

/** The upload hooks of a plugin, and where Fastify gets them. */
export interface GivenHooks {
  /** Notes a hook that was made. */
  add(hook: UploadHook, name: string, kind: UploadKind): UploadHook;
  /** Notes that a route has a hook. */
  look(route: RouteOptions): void;
  /** Whether Fastify has not been given a hook itself so far. Says once what to write. */
  areHidden(): boolean;
}

/** The hooks of a route that can be upload hooks. */
const PLACES = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;
type Hooks = Readonly<Partial<Record<(typeof PLACES)[number], unknown>>> & {
  readonly config?: Readonly<Partial<Record<Mark, unknown>>>;
};

type Mark = (typeof MARKS)[UploadKind];
const isMarked = (config: Hooks['config']): boolean => Object.values(MARKS).some((mark) => config?.[mark]);

/** Those that the application has not written itself. */
const marks = new WeakSet<object>();

/**
 * Watches which upload hooks the routes and scopes of an application are given, and marks these routes by
 * `config: { imgwire: true }`, or `imgwireBody`. It looks at what the application writes, in front of Fastify and its `onRoute` hooks: tracers such as
 * `@fastify/otel` and Sentry replace every hook there.
 *
 * @param methods make upload hooks; a route with one of them in place of a hook is refused with a TypeError
 */
export function watchHooks(fastify: FastifyInstance, methods: Readonly<Record<string, object>>): GivenHooks {
  const names = new Map(Object.entries(methods).map(([name, method]): [unknown, string] => [method, name]));
  const made = new WeakMap<object, UploadKind>();
  const hidden = new Map<unknown, readonly [name: string, kind: UploadKind]>();
  let isSaid = false;
  let isReady = false;

  /** The kinds of uploads that these hooks receive. */
  const find = (hooks: readonly unknown[]): readonly UploadKind[] => {
    const name = hooks.map((hook) => names.get(hook)).find(Boolean);
    if (name) {
      throw new TypeError(
        `app.imgwire.${name} was used as a hook without being called: write { preHandler: app.imgwire.${name}(…) }.`,
      );
    }
    for (const hook of hooks) hidden.delete(hook);
    return hooks.flatMap((hook) => made.get(hook as object) ?? []);
  };
  /** The options of a route with the mark, if they have a hook. */
  const marked = (given: unknown): unknown => {
    if (typeof given !== 'object' || given === null) return given;
    const { config, ...hooks } = given as Hooks;
    if (config && isMarked(config) && !marks.has(config)) isSaid = true;
    const kinds = find(PLACES.flatMap((place) => hooks[place] ?? []));
    if (kinds.length === 0) return given;
    const mark = { ...config, ...Object.fromEntries(kinds.map((kind) => [MARKS[kind], true])) };
    marks.add(mark);
    return { ...given, config: mark };
  };
  watchRoutes(fastify, marked);
  watchScopes(fastify, (hook) => find([hook]));
  return {
    add: (hook, name, kind) => {
      made.set(hook, kind);
      // One that is made for a request is called there.
      if (!isReady) hidden.set(hook, [name, kind]);
      return hook;
    },
    look: (route) => void Object.assign(route, marked(route)),
    areHidden: () => {
      isReady = true;
      const [first] = hidden.values();
      if (first && !isSaid) process.emitWarning(hiddenHook(...first), { code: 'IMGWIRE_HIDDEN_HOOK' });
      return first !== undefined;
    },
  };
}

const hiddenHook = (name: string, kind: UploadKind): string =>
  `${name}: no route has this upload hook itself. Where a function calls it, in place of a hook or in a handler, write in the options of the route: config: { ${MARKS[kind]}: true }`;

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

/** Has the routes of a scope expect uploads when it gets an upload hook. */
function watchScopes(fastify: FastifyInstance, kindsOf: (hook: unknown) => readonly UploadKind[]): void {
  const addHook = fastify.addHook as Method;
  const watched: Method = function (name, hook) {
    const kinds = kindsOf(hook);
    // One in front of the parsers takes its body there.
    if (name === 'preValidation' || name === 'preHandler')
      for (const kind of kinds) expectUploads(this, kind);
    return addHook.call(this, name, hook);
  };
  fastify.addHook = watched as never;
}
