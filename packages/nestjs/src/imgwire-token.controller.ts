import type { Imgwire } from '@imgwire/core';
import {
  assertInput,
  assertTokenSubject,
  type Check,
  CHECKS as CORE_CHECKS,
  type EndpointRequest,
  tokenEndpoint,
  type UploadTokenRules,
} from '@imgwire/core/adapter';
import type { CanActivate, Type } from '@nestjs/common';
import { apiResponse } from './api-metadata.ts';
import { endpointController } from './endpoint-controller.ts';
import { authorizeOf, CONTROLLER_CHECKS, hooksOf, type ImgwireEndpointHooks } from './endpoint-hooks.ts';
import { ApiImgwireProblem, ImgwireUploadToken } from './imgwire-api-models.ts';

/** The path of the endpoint, and who gets a token: `guards` decide, or `authorize`, or both. */
export interface ImgwireUploadTokenControllerOptions extends Omit<UploadTokenRules<never>, 'authorize'> {
  /** As in core; optional with guards. @default everyone whom the guards let through */
  readonly authorize?: UploadTokenRules<never>['authorize'] | undefined;
  /** The path of the controller. */
  readonly path: string;
  /** Guards of the route that issues tokens. @default none, and `authorize` is required */
  readonly guards?: readonly (CanActivate | Type<CanActivate>)[] | undefined;
  /** A provider with `authorize`, `subject` or `onStored` as methods, in place of the options. @default none */
  readonly hooks?: Type<ImgwireEndpointHooks> | undefined;
  /** The `name` of the module whose Environment the tokens are for. @default the unnamed module */
  readonly imgwire?: string | undefined;
}

const CHECKS: Readonly<Record<keyof ImgwireUploadTokenControllerOptions, Check>> = {
  ...CORE_CHECKS.token,
  ...CONTROLLER_CHECKS,
};

const CALLER = 'createImgwireUploadTokenController()';

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
  assertInput(CALLER, options, 'path', CHECKS);
  const { path, guards = [], imgwire: name, hooks, ...rules } = options;
  const authorize = authorizeOf(CALLER, rules.authorize, options);

  return endpointController<ImgwireEndpointHooks>({
    ...{ caller: CALLER, kind: 'Token', path, guards, imgwire: name, hooks },
    post: ['issue', apiResponse([200, 'A token for one upload.'], ImgwireUploadToken), ApiImgwireProblem()],
    endpoint: (instance, given) => {
      // A test may mock the instance, so its method is looked up when a token is requested.
      const createUploadToken: Imgwire['createUploadToken'] = (signal) => instance.createUploadToken(signal);
      const imgwire = Object.create(instance, { createUploadToken: { value: createUploadToken } }) as Imgwire;
      const all = { ...rules, authorize, ...hooksOf(given) };
      assertTokenSubject(CALLER, all);
      return tokenEndpoint<EndpointRequest>({ ...all, imgwire } as never);
    },
  });
}
