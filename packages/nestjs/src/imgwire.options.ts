import {
  type FactoryOptions,
  type Imgwire,
  RULE_CHECKS,
  splitOptions,
  type UploadRules,
} from '@imgwire/core';

/**
 * Rules for uploads, as in `@imgwire/core`. `authorize` and `metadata` are called with the platform's request; write its
 * type: `metadata: (req: Request) => …`.
 */
export type ImgwireRules = UploadRules<never>;

/** A connection to Imgwire or the options to make one, and rules for every upload route. */
export type ImgwireModuleOptions = FactoryOptions<never>;

/** The rules of one route; what is absent comes from the module. */
export type ImgwireInterceptorOptions = ImgwireRules & {
  /** The `name` of the module to use, or a connection, which needs no module. @default the unnamed module */
  readonly imgwire?: string | Imgwire | undefined;
};

/** A connection with the rules that go with it. */
export interface ImgwireInstance {
  readonly imgwire: Imgwire;
  readonly rules: ImgwireRules;
}

/** @throws TypeError that names the wrong option */
export function resolveInstance(options: ImgwireModuleOptions): ImgwireInstance {
  return splitOptions<ImgwireRules>('ImgwireModule', options, RULE_CHECKS);
}
