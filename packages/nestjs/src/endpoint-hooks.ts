import { type Check, type CompletionRules, type DirectUploadRules, definedOf } from '@imgwire/core/adapter';

/** The callbacks of an endpoint as methods of a provider, so that they can use what is injected into it. */
export interface ImgwireEndpointHooks {
  /** As the option. */
  authorize?(req: never): boolean | Promise<boolean>;
  /** As the option. */
  subject?(req: never): string | Promise<string>;
  /** As the option. */
  onStored?(...args: Parameters<NonNullable<CompletionRules<never>['onStored']>>): unknown;
  /** As the option; of direct uploads only. */
  metadata?: DirectUploadRules<never>['metadata'];
}

/** The methods of a provider as options. */
export const hooksOf = (hooks: ImgwireEndpointHooks | undefined): Partial<ImgwireEndpointHooks> =>
  hooks
    ? definedOf({
        authorize: hooks.authorize?.bind(hooks),
        subject: hooks.subject?.bind(hooks),
        onStored: hooks.onStored?.bind(hooks),
        metadata: hooks.metadata?.bind(hooks),
      })
    : {};

/**
 * Who decides: `authorize`, else the guards, else the hooks. Whether these have the method is seen when they are injected.
 *
 * @throws TypeError if nobody does
 */
export function authorizeOf<Authorize>(
  caller: string,
  authorize: Authorize | undefined,
  { guards = [], hooks }: { readonly guards?: readonly unknown[] | undefined; readonly hooks?: unknown },
): Authorize | (() => true) | undefined {
  if (authorize || hooks || guards.length > 0)
    return authorize ?? (guards.length > 0 ? () => true : undefined);
  throw new TypeError(
    `${caller}: option "authorize" is required where there are no \`guards\`, since anyone could upload.`,
  );
}

/** The checks of what every controller of an endpoint takes. */
export const CONTROLLER_CHECKS: Readonly<Record<'path' | 'guards' | 'imgwire' | 'hooks', Check>> = {
  path: (value) => (typeof value === 'string' ? undefined : 'the path of the controller'),
  guards: (value) => (Array.isArray(value) ? undefined : 'an array of guards'),
  imgwire: (value) => (typeof value === 'string' ? undefined : 'the name of an ImgwireModule'),
  hooks: (value) => (typeof value === 'function' ? undefined : 'a class that is a provider'),
};
