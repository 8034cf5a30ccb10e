import { type FactoryOptions, type Imgwire, partOptions, RULE_CHECKS, type UploadRules } from '@imgwire/core';

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

/** The options of a module, taken apart. */
export interface ModuleParts {
  readonly rules: ImgwireRules;
  /** Gives the connection of the options, or makes one. */
  connect(): Imgwire;
  /** Ends the connection that was made; one that came from outside is its maker's to close. */
  close(): Promise<void>;
}

/** @throws TypeError that names the wrong option */
export function moduleParts(options: ImgwireModuleOptions): ModuleParts {
  const { connect, rules } = partOptions<ImgwireRules>('ImgwireModule', options, RULE_CHECKS);
  let own: Imgwire | undefined;
  return {
    rules,
    connect: () => {
      if (options.imgwire) return options.imgwire;
      own = connect();
      return own;
    },
    close: async () => own?.close(),
  };
}

/** Takes the options of the module of that name apart. */
export type MakeParts = (
  options: ImgwireModuleOptions,
  name: string | undefined,
) => ModuleParts | Promise<ModuleParts>;
/** The token under which a global module provides another {@link moduleParts}: that of `@imgwire/nestjs/testing` does. */
export const MAKE_PARTS = 'imgwire:make-parts';
