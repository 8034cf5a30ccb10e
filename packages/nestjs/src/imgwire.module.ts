import { assertOptions, type Check, type Imgwire } from '@imgwire/core';
import {
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type ConfigurableModuleCls,
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import {
  type ImgwireModuleOptions,
  MAKE_PARTS,
  type MakeParts,
  type ModuleParts,
  moduleParts,
} from './imgwire.options.ts';
import { ImgwireService } from './imgwire.service.ts';
import {
  getImgwireOptionsToken,
  getImgwireServiceToken,
  getImgwireToken,
  getRulesToken,
} from './imgwire.tokens.ts';

/** How the module stands in the application. */
export interface ImgwireModuleExtras {
  /** Whether every module of the application has it without importing it. @default false */
  readonly isGlobal?: boolean | undefined;
  /** Tells several Imgwire Environments in one application apart. @default the unnamed module */
  readonly name?: string | undefined;
}

type AsyncOptions = ConfigurableModuleAsyncOptions<ImgwireModuleOptions, 'createImgwireOptions'> &
  ImgwireModuleExtras;

const PARTS = Symbol('imgwire:parts');
const OPTIONS = Symbol('imgwire:options');

const Base: ConfigurableModuleCls<
  ImgwireModuleOptions,
  'forRoot',
  'createImgwireOptions',
  ImgwireModuleExtras
> = new ConfigurableModuleBuilder<ImgwireModuleOptions>({ optionsInjectionToken: OPTIONS })
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createImgwireOptions')
  .setExtras<ImgwireModuleExtras>(
    // The builder takes the keys of this object out of the options; '' stands for no name.
    { isGlobal: false, name: '' },
    ({ providers = [], ...definition }, { isGlobal = false, name }) => ({
      ...definition,
      global: isGlobal,
      ...providersOf(providers, name || undefined),
    }),
  )
  .build().ConfigurableModuleClass;

const any: Check = () => undefined;
/** The rules are in what the factory answers: beside it nobody would heed them. */
const ASYNC_CHECKS: Readonly<Record<keyof AsyncOptions, Check>> = {
  imports: any,
  inject: any,
  useFactory: any,
  useClass: any,
  useExisting: any,
  provideInjectionTokensFrom: any,
  isGlobal: any,
  name: any,
};

/** Each is made from the one before it, so that an override of one reaches those after it. */
function providersOf(
  given: readonly Provider[],
  name: string | undefined,
): Required<Pick<DynamicModule, 'providers' | 'exports'>> {
  const options = getImgwireOptionsToken(name);
  const connection = getImgwireToken(name);
  const service = getImgwireServiceToken(name);
  const rules = getRulesToken(name);
  const named = given.map((provider) =>
    'provide' in provider && provider.provide === OPTIONS ? { ...provider, provide: options } : provider,
  );
  return {
    providers: [
      ...named,
      {
        provide: PARTS,
        useFactory: (its: ImgwireModuleOptions, make: MakeParts = moduleParts) => make(its, name),
        inject: [options, { token: MAKE_PARTS, optional: true }],
      },
      { provide: connection, useFactory: (parts: ModuleParts) => parts.connect(), inject: [PARTS] },
      { provide: rules, useFactory: (parts: ModuleParts) => parts.rules, inject: [PARTS] },
      {
        provide: service,
        useFactory: (imgwire: Imgwire) => new ImgwireService(imgwire),
        inject: [connection],
      },
    ],
    exports: [connection, rules, service],
  };
}

@Module({})
/**
 * One connection to Imgwire for the application: {@link ImgwireService} to inject, and rules for the upload interceptors.
 * When the application closes, the connection is closed once the HTTP server has answered what was in flight.
 *
 * @example
 * imports: [ImgwireModule.forRoot({ isGlobal: true })] // IMGWIRE_API_KEY from the environment
 */
export class ImgwireModule extends Base implements OnApplicationShutdown {
  readonly #parts: ModuleParts;

  constructor(@Inject(PARTS) parts: ModuleParts) {
    super();
    this.#parts = parts;
  }

  /**
   * With options that are known at once. A wrong one keeps the application from starting, with a TypeError that names
   * it.
   */
  static override forRoot(options: ImgwireModuleOptions & ImgwireModuleExtras = {}): DynamicModule {
    return { ...Base.forRoot(options), module: ImgwireModule };
  }

  /**
   * With options from `useFactory`, or from `createImgwireOptions()` of `useClass` or `useExisting`. `isGlobal` and `name`
   * stand beside those, not in what they answer.
   */
  static override forRootAsync(options: AsyncOptions): DynamicModule {
    assertOptions('ImgwireModule.forRootAsync()', options, ASYNC_CHECKS);
    return { ...Base.forRootAsync(options), module: ImgwireModule };
  }

  /** Ends the connection that the module made, once what is in flight on it has ended. */
  onApplicationShutdown(): Promise<void> {
    return this.#parts.close();
  }
}
