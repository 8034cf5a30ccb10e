import type { BodyRules, Imgwire, UploadRules } from '@imgwire/core';
import { CHECKS as CORE_CHECKS, type FactoryOptions, misplaced, parseOptions } from '@imgwire/core/adapter';

/**
 * Rules for uploads, as in `@imgwire/core`. `authorize` and `metadata` are called with the platform's request; declare its
 * type: `metadata: (req: Request) => …`.
 */
export type ImgwireRules = UploadRules<never>;

/** An instance of Imgwire or the options to create one, and rules for every upload route. */
export type ImgwireModuleOptions = FactoryOptions<never>;

/** The rules of one route; absent ones are those of the module. */
export type ImgwireInterceptorOptions = ImgwireRules & {
  /** The `name` of the module to use, or an instance, which needs no module. @default the unnamed module */
  readonly imgwire?: string | Imgwire | undefined;
};

/** The rules of one route that receives bodies; absent ones are those of the module, as far as a body has them. */
export type ImgwireBodyInterceptorOptions = BodyRules<never> & Pick<ImgwireInterceptorOptions, 'imgwire'>;

/** The parsed options of a module. */
export interface ModuleParts {
  readonly rules: ImgwireRules;
  /** Returns the instance of the options, or creates one. */
  connect(): Imgwire;
  /** Closes the instance that `connect()` created, once; one from the options is its creator's to close. */
  close(): Promise<void>;
}

/** What a factory of the options cannot decide: the module takes it before. */
const beside = misplaced('write it beside `useFactory`, not into its result');
const CHECKS = {
  ...CORE_CHECKS.upload,
  isGlobal: beside,
  name: beside,
  global: misplaced('write isGlobal: true, beside `useFactory` where there is one'),
};

/** @throws TypeError that names the wrong option */
export function moduleParts(options: ImgwireModuleOptions): ModuleParts {
  const { connect, rules } = parseOptions<ImgwireRules>('ImgwireModule', options, CHECKS);
  let own: Imgwire | undefined;
  let closed: Promise<void> | undefined;
  return {
    rules,
    connect: () => {
      const imgwire = connect();
      if (!options.imgwire) own = imgwire;
      return imgwire;
    },
    close: async () => {
      closed ??= own?.close();
      await closed;
    },
  };
}

/** Parses the options of the module of that name. */
export type MakeParts = (
  options: ImgwireModuleOptions,
  name: string | undefined,
) => ModuleParts | Promise<ModuleParts>;
/** The token under which a global module, such as that of `@imgwire/nestjs/testing`, replaces {@link moduleParts}. */
export const MAKE_PARTS = 'imgwire:make-parts';

/** Calls the factory of a module's options with what is injected into it. */
export type MakeOptions = (
  factory: (...injected: readonly unknown[]) => unknown,
  injected: readonly unknown[],
) => unknown;
/** The token under which such a module replaces the plain call. */
export const MAKE_OPTIONS = 'imgwire:make-options';
