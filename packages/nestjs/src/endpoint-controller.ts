import type { Imgwire } from '@imgwire/core';
import { type Endpoint, type EndpointRequest, responseSignal } from '@imgwire/core/adapter';
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
import { getImgwireToken } from './imgwire.tokens.ts';
import { noModule } from './no-module.ts';
import { type PlatformResponse, rawOf, sendJson } from './problem.ts';
import { logFault } from './report.ts';

/** The controller of one endpoint of core. */
export interface EndpointController<Hooks> {
  /** The function that makes it, for its errors. */
  readonly caller: string;
  /** What it is for, as part of the name of its class: `Token`. */
  readonly kind: string;
  readonly path: string;
  readonly guards: readonly (CanActivate | Type<CanActivate>)[];
  /** The `name` of the module; undefined for the unnamed one. */
  readonly imgwire: string | undefined;
  /** A provider with the callbacks, which is injected. */
  readonly hooks: Type<Hooks> | undefined;
  /** The name of the method for `POST`, and what describes it. */
  readonly post: readonly [name: string, ...decorators: MethodDecorator[]];
  /** Makes the endpoint, when the controller is created. */
  endpoint(instance: Imgwire, hooks: Hooks | undefined): Endpoint<EndpointRequest>;
}

interface Body {
  readonly body?: unknown;
}

/** Makes a controller of an endpoint of core: it translates, and decides nothing. */
export function endpointController<Hooks>(of: EndpointController<Hooks>): Type<object> {
  @Controller(of.path)
  class ImgwireEndpointController {
    readonly #host: HttpAdapterHost;
    readonly #endpoint: Endpoint<EndpointRequest>;

    constructor(
      @Inject(HttpAdapterHost) host: HttpAdapterHost,
      @Optional() @Inject(getImgwireToken(of.imgwire)) instance?: Imgwire,
      @Optional() @Inject(of.hooks ?? 'imgwire:no-hooks') hooks?: Hooks,
    ) {
      if (!instance) throw noModule(of.caller, of.imgwire);
      if (of.hooks && !hooks) {
        throw new Error(
          `${of.caller}: add ${of.hooks.name} to the \`providers\` of the module of this controller.`,
        );
      }
      this.#host = host;
      this.#endpoint = of.endpoint(instance, hooks);
    }

    async respond(req: EndpointRequest & Body, res: PlatformResponse): Promise<void> {
      const { httpAdapter } = this.#host;
      const raw = rawOf(res);
      const exchange = { signal: responseSignal(raw), log: logFault, body: () => req.body };
      const response = await this.#endpoint(req, exchange);
      // Someone else has responded meanwhile: `authorize` itself, or an outer timeout.
      if (!raw.headersSent) sendJson(httpAdapter, res, response);
    }
  }
  // Part of the operation id in an OpenAPI document, which must be unique; bundlers rename classes.
  const environment = of.imgwire ? `${of.imgwire[0]?.toUpperCase()}${of.imgwire.slice(1)}` : '';
  Object.defineProperty(ImgwireEndpointController, 'name', {
    value: `Imgwire${environment}${of.kind}Controller`,
  });
  const { prototype } = ImgwireEndpointController;
  const route = (name: string, ...decorators: MethodDecorator[]): void => {
    const value = function (
      this: ImgwireEndpointController,
      ...args: [EndpointRequest, PlatformResponse]
    ): Promise<void> {
      return this.respond(...args);
    };
    Object.defineProperty(value, 'name', { value: name });
    const descriptor = { value, writable: true, configurable: true };
    Object.defineProperty(prototype, name, descriptor);
    Req()(prototype, name, 0);
    Res()(prototype, name, 1);
    for (const decorate of decorators) decorate(prototype, name, descriptor);
  };
  const [name, ...described] = of.post;
  // As the compiler emits it: @nestjs/swagger 7 creates no document without it.
  const types = Reflect.metadata('design:paramtypes', [Object, Object]);
  route(name, Post(), UseGuards(...of.guards), ...described, types);
  // Without the guards: a preflight has no credentials, and the endpoint rejects the other methods itself.
  const others = { preflight: Options, get: Get, put: Put, patch: Patch, delete: Delete };
  for (const [other, method] of Object.entries(others)) {
    route(other, method(), SetMetadata('swagger/apiExcludeEndpoint', { disable: true }));
  }
  return ImgwireEndpointController;
}
