import {
  assertInput,
  assertSubject,
  type Check,
  CHECKS as CORE_CHECKS,
  type DirectUploadRules,
  directUploadEndpoint,
  type EndpointRequest,
} from '@imgwire/core/adapter';
import type { CanActivate, Type } from '@nestjs/common';
import { apiResponse } from './api-metadata.ts';
import { endpointController } from './endpoint-controller.ts';
import { authorizeOf, CONTROLLER_CHECKS, hooksOf, type ImgwireEndpointHooks } from './endpoint-hooks.ts';
import { ApiImgwireProblem, ImgwireDirectUploads } from './imgwire-api-models.ts';

/** The path of the endpoint, who may upload, and which files: `guards` decide, or `authorize`, or both. */
export interface ImgwireDirectControllerOptions
  extends Omit<DirectUploadRules<never>, 'authorize' | 'subject'> {
  /** As in core; optional with guards. @default everyone whom the guards let through */
  readonly authorize?: DirectUploadRules<never>['authorize'] | undefined;
  /** As in core; not needed where `hooks` have it. */
  readonly subject?: DirectUploadRules<never>['subject'] | undefined;
  /** The path of the controller. */
  readonly path: string;
  /** Guards of the route. @default none, and `authorize` is required */
  readonly guards?: readonly (CanActivate | Type<CanActivate>)[] | undefined;
  /** A provider with `authorize`, `subject`, `onStored` or `metadata` as methods, in place of the options. @default none */
  readonly hooks?: Type<ImgwireEndpointHooks> | undefined;
  /** The `name` of the module whose Environment the images are for. @default the unnamed module */
  readonly imgwire?: string | undefined;
}

const CHECKS: Readonly<Record<keyof ImgwireDirectControllerOptions, Check>> = {
  ...CORE_CHECKS.direct,
  ...CONTROLLER_CHECKS,
};
const CALLER = 'createImgwireDirectController()';

/**
 * Creates a controller that lets a browser upload straight to Imgwire, by the rules of a form: it decides before anything exists,
 * judges what the service has measured, and calls `onStored`. `uploadDirect()` of `@imgwire/client` speaks to it. Add it to the
 * `controllers` of a module that imports `ImgwireModule`.
 *
 * @example controllers: [createImgwireDirectController({ path: 'photos', guards: [SessionGuard], hooks: PhotoHooks })]
 * @throws TypeError at startup, without guards and `authorize`, without `subject`, or for a wrong option; an Error that says what to
 *   import, without its module or its provider
 */
export function createImgwireDirectController(options: ImgwireDirectControllerOptions): Type<object> {
  assertInput(CALLER, options, 'path', CHECKS);
  const { path, guards = [], imgwire: name, hooks, ...rules } = options;
  const authorize = authorizeOf(CALLER, rules.authorize, options);
  return endpointController<ImgwireEndpointHooks>({
    ...{ caller: CALLER, kind: 'Direct', path, guards, imgwire: name, hooks },
    post: [
      'upload',
      apiResponse([200, 'Begun or completed uploads.'], ImgwireDirectUploads),
      ApiImgwireProblem(),
    ],
    endpoint: (imgwire, given) => {
      const all = { ...rules, authorize, ...hooksOf(given) };
      assertSubject(CALLER, all);
      return directUploadEndpoint<EndpointRequest>({ ...all, imgwire } as never);
    },
  });
}
