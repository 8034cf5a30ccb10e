import type { Imgwire } from '@imgwire/core';
import {
  assertInput,
  type Check,
  CHECKS as CORE_CHECKS,
  responseSignal,
  type TokenRequest,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import {
  type CanActivate,
  Controller,
  Delete,
  Get,
  Inject,
  Optional,
  Options,
  Patch,
  Post,
  Put,
  Req,
  Res,
  SetMetadata,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { apiResponse } from './api-metadata.ts';
import { getImgwireToken } from './imgwire.tokens.ts';
import { ApiImgwireProblem, ImgwireUploadToken } from './imgwire-api-models.ts';
import { noModule } from './no-module.ts';
import { type PlatformResponse, rawOf, sendJson } from './problem.ts';
import { logFault } from './report.ts';

/** The path of the endpoint, and who gets a token: `guards` decide, or `authorize`, or both. */
export interface ImgwireUploadTokenControllerOptions extends Omit<UploadTokenRules<never>, 'authorize'> {
  /** As in core; optional with guards. @default everyone whom the guards let through */
  readonly authorize?: UploadTokenRules<never>['authorize'] | undefined;
  /** The path of the controller. */
  readonly path: string;
  /** Guards of the route that issues tokens. @default none, and `authorize` is required */
  readonly guards?: readonly (CanActivate | Type<CanActivate>)[] | undefined;
  /** The `name` of the module whose Environment the tokens are for. @default the unnamed module */
  readonly imgwire?: string | undefined;
}

const CHECKS: Readonly<Record<keyof ImgwireUploadTokenControllerOptions, Check>> = {
  ...CORE_CHECKS.token,
  path: (value) => (typeof value === 'string' ? undefined : 'the path of the controller'),
  guards: (value) => (Array.isArray(value) ? undefined : 'an array of guards'),
  imgwire: (value) => (typeof value === 'string' ? undefined : 'the name of an ImgwireModule'),
};

/**
 * Creates a controller that issues a browser a token for one upload: `{ uploadToken, expiresAt }`. Add it to the
 * `controllers` of a module that imports `ImgwireModule`.
 *
 * @example controllers: [createImgwireUploadTokenController({ path: 'api/imgwire/upload-token', guards: [SessionGuard] })]
 * @throws TypeError at startup, without guards and `authorize`, or for a wrong option; an Error that says what to import, without
 *   its module
 */
export function createImgwireUploadTokenController(
  options: ImgwireUploadTokenControllerOptions,
): Type<object> {
  assertInput('createImgwireUploadTokenController()', options, 'path', CHECKS);
  const { path, guards = [], imgwire: name, ...rules } = options;
  const authorize = rules.authorize ?? (guards.length > 0 ? () => true : undefined);
  if (!authorize) {
    throw new TypeError(
      'createImgwireUploadTokenController(): option "authorize" is required where there are no `guards`, since anyone could upload.',
    );
  }

  @Controller(path)
  class ImgwireTokenController {
    readonly #host: HttpAdapterHost;
    readonly #endpoint: ReturnType<typeof tokenEndpoint>;

    constructor(
      @Inject(HttpAdapterHost) host: HttpAdapterHost,
      @Optional() @Inject(getImgwireToken(name)) instance?: Imgwire,
    ) {
      if (!instance) throw noModule('createImgwireUploadTokenController()', name);
      this.#host = host;
      // A test may mock the instance, so its method is looked up when a token is requested.
      const imgwire = {
        createUploadToken: (signal?: AbortSignal) => instance.createUploadToken(signal),
        logger: instance.logger,
      };
      this.#endpoint = tokenEndpoint({ ...rules, authorize, imgwire } as never);
    }

    async respond(req: TokenRequest, res: PlatformResponse): Promise<void> {
      const { httpAdapter } = this.#host;
      const raw = rawOf(res);
      const response = await this.#endpoint(req, responseSignal(raw), logFault);
      // Someone else has responded meanwhile: `authorize` itself, or an outer timeout.
      if (!raw.headersSent) sendJson(httpAdapter, res, response);
    }
  }
  // Part of the operation id in an OpenAPI document, which must be unique; bundlers rename classes.
  const environment = name ? `${name[0]?.toUpperCase()}${name.slice(1)}` : '';
  Object.defineProperty(ImgwireTokenController, 'name', { value: `Imgwire${environment}TokenController` });
  const { prototype } = ImgwireTokenController;
  const route = (name: string, ...decorators: MethodDecorator[]): void => {
    const value = function (this: ImgwireTokenController, ...args: [TokenRequest, PlatformResponse]) {
      return this.respond(...args);
    };
    Object.defineProperty(value, 'name', { value: name });
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(prototype, name, descriptor);
    Req()(prototype, name, 0);
    Res()(prototype, name, 1);
    for (const decorate of decorators) decorate(prototype, name, descriptor);
  };
  route(
    'issue',
    Post(),
    UseGuards(...guards),
    apiResponse([200, 'A token for one upload.'], ImgwireUploadToken),
    ApiImgwireProblem(),
    // As the compiler emits it: @nestjs/swagger 7 creates no document without it.
    Reflect.metadata('design:paramtypes', [Object, Object]),
  );
  // Without the guards: a preflight has no credentials, and the endpoint rejects the other methods itself.
  const others = { preflight: Options, get: Get, put: Put, patch: Patch, delete: Delete };
  for (const [name, method] of Object.entries(others)) {
    route(name, method(), SetMetadata('swagger/apiExcludeEndpoint', { disable: true }));
  }
  return ImgwireTokenController;
}
