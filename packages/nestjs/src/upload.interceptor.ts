import type { Imgwire } from '@imgwire/core';
import {
  assertOptions,
  bodyRouteRules,
  type Check,
  CHECKS as CORE_CHECKS,
  type RequestImgwire,
  type RouteFields,
  routeRules,
  type UploadKind,
} from '@imgwire/core/adapter';
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  mixin,
  type NestInterceptor,
  type OnModuleInit,
  Optional,
  type Type,
} from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { catchError, NEVER, type Observable } from 'rxjs';
import { assertRoutes } from './assert-routes.ts';
import { type EarlierRuns, earlierRuns } from './earlier-runs.ts';
import { letThrough, whenAdapter } from './fastify-forms.ts';
import type { ImgwireInterceptorOptions, ImgwireRules } from './imgwire.options.ts';
import { connectionOf, type ImgwireService } from './imgwire.service.ts';
import { getImgwireServiceToken, getImgwireToken, getRulesToken } from './imgwire.tokens.ts';
import { noModule } from './no-module.ts';
import { failAsProblem, type PlatformResponse, rawOf } from './problem.ts';
import { formReceiver } from './receive-form.ts';
import { report } from './report.ts';
import type { NestFiles, PlatformRequest } from './uploaded-form.ts';

const imgwireCheck: Check = (value) =>
  ['string', 'object'].includes(typeof value) ? undefined : 'the name of an ImgwireModule, or an instance';
const CHECKS = {
  form: { ...CORE_CHECKS.upload, imgwire: imgwireCheck },
  body: { ...CORE_CHECKS.body, imgwire: imgwireCheck },
};

interface Route {
  readonly rules: ImgwireRules;
  readonly receive: ReturnType<typeof formReceiver>;
}

const openRoute = (
  caller: string,
  imgwire: Imgwire,
  rules: ImgwireRules,
  nestFiles: NestFiles,
  kind: UploadKind,
): Route => ({
  rules,
  receive: formReceiver(caller, imgwire, rules, nestFiles, kind),
});

/** What an interceptor receives. */
export interface Uploads {
  readonly kind: UploadKind;
  /** Merges the rules of a route with those of its module. */
  readonly merge: (caller: string, shared: ImgwireRules, own?: ImgwireRules) => ImgwireRules;
  /** How Nest's own decorators get the files. */
  readonly nestFiles: NestFiles;
}

/** Files in the fields of a form. */
export const inForm = (fieldsOf: RouteFields, nestFiles: NestFiles): Uploads => ({
  kind: 'form',
  merge: (caller, shared, own) => routeRules(caller, shared, own, fieldsOf),
  nestFiles,
});

/** One file as the body itself. */
export const asBody = (nestFiles: NestFiles): Uploads => ({ kind: 'body', merge: bodyRouteRules, nestFiles });

/**
 * Creates the class of an interceptor that receives the upload of a request: after the route's guards, before its pipes and
 * handler.
 *
 * @param caller the factory, for error messages
 */
export function uploadInterceptor(
  caller: string,
  { kind, merge, nestFiles }: Uploads,
  options: ImgwireInterceptorOptions = {},
): Type<NestInterceptor> {
  const { imgwire: from, ...own } = options;
  const name = typeof from === 'string' ? from : undefined;
  const runs = earlierRuns();

  class UploadInterceptor implements NestInterceptor, OnModuleInit {
    readonly #host: HttpAdapterHost;
    readonly #imgwire: Imgwire | undefined;
    readonly #shared: ImgwireRules;
    readonly #modules: ModulesContainer | undefined;
    #route: Route | undefined;

    // Like Nest's own, it can be created without its module: a controller's unit test needs none.
    constructor(
      @Inject(HttpAdapterHost) host: HttpAdapterHost,
      @Optional() @Inject(getImgwireToken(name)) instance?: Imgwire,
      @Optional() @Inject(getRulesToken(name)) shared?: ImgwireRules,
      @Optional() @Inject(getImgwireServiceToken(name)) service?: ImgwireService,
      @Optional() @Inject(ModulesContainer) modules?: ModulesContainer,
    ) {
      assertOptions(caller, options, CHECKS[kind]);
      // The route's own rules are checked here, and merged with the module's when the application starts.
      merge(caller, {}, own);
      this.#host = host;
      whenAdapter(host, (adapter) => letThrough(adapter, kind));
      this.#modules = modules;
      this.#imgwire = typeof from === 'object' ? from : ((service && connectionOf(service)) ?? instance);
      this.#shared = (typeof from === 'object' ? undefined : shared) ?? {};
    }

    async onModuleInit(): Promise<void> {
      const { httpAdapter } = this.#host as Partial<HttpAdapterHost>;
      // A microservice, a worker or a command receives no forms.
      if (!httpAdapter) return;
      this.#route = this.#open();
      letThrough(httpAdapter, kind);
      await assertRoutes({ caller, metatype: UploadInterceptor, ...this.#route.rules }, this.#modules);
    }

    #open(): Route {
      if (!this.#imgwire) throw noModule(caller, name, ', or pass an instance as `imgwire`');
      return openRoute(caller, this.#imgwire, merge(caller, this.#shared, own), nestFiles, kind);
    }

    async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
      if (context.getType() !== 'http') return next.handle();
      // For an instance given to `app.useGlobalInterceptors()`, Nest does not call `onModuleInit()`.
      this.#route ??= this.#open();
      return run(this.#route, this.#host.httpAdapter, runs, context, next);
    }
  }
  return mixin(UploadInterceptor);
}

/** Receives the upload of a request, or takes what an earlier run for it has stored, and calls the handler. */
async function run(
  { rules, receive }: Route,
  adapter: AbstractHttpAdapter,
  runs: EarlierRuns,
  context: ExecutionContext,
  next: CallHandler,
): Promise<Observable<unknown>> {
  const request = context.switchToHttp().getRequest<PlatformRequest>();
  const response = context.switchToHttp().getResponse<PlatformResponse>();
  const fail = (error: unknown, stored?: RequestImgwire): never =>
    runs.failing(request, stored, () => failAsProblem(adapter, response, error));
  const uploaded =
    runs.storedFor(request) ??
    (await receive(request, response).catch((error: unknown) =>
      rawOf(response).headersSent ? report(error) : fail(error),
    ));
  if (!uploaded) {
    // Someone else has responded meanwhile: many filters, and Nest's own on Fastify, would still write to the response.
    adapter.end(response);
    return NEVER;
  }
  return next.handle().pipe(
    catchError(async (error: unknown) => {
      if (!rules.discardOnError || uploaded.files.length === 0) return fail(error, uploaded);
      // Here the images are deleted before the response is sent. Later failures are handled by core.
      await uploaded.discard();
      return fail(error);
    }),
  );
}
