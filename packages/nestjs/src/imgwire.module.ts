import { assertOptions, type Check } from '@imgwire/core';
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
import { type ImgwireInstance, type ImgwireModuleOptions, resolveInstance } from './imgwire.options.ts';
import { ImgwireService } from './imgwire.service.ts';
import { getImgwireServiceToken, getImgwireToken, getInstanceToken } from './imgwire.tokens.ts';

/** How the module stands in the application. */
export interface ImgwireModuleExtras {
  /** Whether every module of the application has it without importing it. @default false */
  readonly isGlobal?: boolean | undefined;
  /** Tells several Imgwire Environments in one application apart. @default the unnamed module */
  readonly name?: string | undefined;
}

type AsyncOptions = ConfigurableModuleAsyncOptions<ImgwireModuleOptions, 'createImgwireOptions'> &
  ImgwireModuleExtras;

const OWN_INSTANCE = Symbol('imgwire:own-instance');
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
    (definition, { isGlobal = false, name }) => {
      const shared = sharedProviders(name || undefined);
      return {
        ...definition,
        global: isGlobal,
        providers: [
          ...(definition.providers ?? []),
          { provide: OWN_INSTANCE, useFactory: resolveInstance, inject: [OPTIONS] },
          ...shared.map(
            ([provide, useFactory]): Provider => ({ provide, useFactory, inject: [OWN_INSTANCE] }),
          ),
        ],
        exports: shared.map(([provide]) => provide),
      };
    },
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

const sharedProviders = (name: string | undefined) =>
  [
    [getInstanceToken(name), (instance: ImgwireInstance) => instance],
    [getImgwireToken(name), ({ imgwire }: ImgwireInstance) => imgwire],
    [getImgwireServiceToken(name), ({ imgwire }: ImgwireInstance) => new ImgwireService(imgwire)],
  ] as const;

@Module({})
/**
 * One connection to Imgwire for the application: {@link ImgwireService} to inject, and rules for the upload interceptors.
 * When the application closes, the connection is closed once the HTTP server has answered what was in flight.
 *
 * @example
 * imports: [ImgwireModule.forRoot({ isGlobal: true })] // IMGWIRE_API_KEY from the environment
 */
export class ImgwireModule extends Base implements OnApplicationShutdown {
  readonly #close: () => Promise<void>;

  constructor(
    @Inject(OWN_INSTANCE) { imgwire }: ImgwireInstance,
    @Inject(OPTIONS) options: ImgwireModuleOptions,
  ) {
    super();
    // A connection that came from outside is its maker's to close.
    this.#close = async () => (options.imgwire ? undefined : imgwire.close());
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

  /** Ends the connection. */
  onApplicationShutdown(): Promise<void> {
    return this.#close();
  }
}
