import type { Imgwire } from '@imgwire/core';
import { assertOptions, CHECKS, type Check, misplaced } from '@imgwire/core/adapter';
import {
  type BeforeApplicationShutdown,
  type ConfigurableModuleAsyncOptions,
  ConfigurableModuleBuilder,
  type ConfigurableModuleCls,
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
  Optional,
  type Provider,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { hasUploadedImages } from './assert-routes.ts';
import { letThrough } from './fastify-forms.ts';
import { ImgwireHealthIndicator } from './imgwire.health.ts';
import {
  type ImgwireModuleOptions,
  MAKE_OPTIONS,
  MAKE_PARTS,
  type MakeOptions,
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

/** Options of the module itself. */
export interface ImgwireModuleExtras {
  /** Whether all modules can use it without importing it. @default false */
  readonly isGlobal?: boolean | undefined;
  /** Distinguishes several Imgwire Environments in one application. @default the unnamed module */
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
    // The builder removes the keys of this object from the options; '' stands for no name.
    { isGlobal: false, name: '' },
    ({ providers = [], ...definition }, { isGlobal = false, name }) => ({
      ...definition,
      global: isGlobal,
      ...providersOf(providers, name || undefined),
    }),
  )
  .build().ConfigurableModuleClass;

const unchecked: Check = () => undefined;
const inResult = misplaced('write it into the result of `useFactory`');
/** Rules belong in the factory's result: beside the factory they would be ignored. */
const ASYNC_CHECKS: Readonly<Record<keyof AsyncOptions | 'global', Check>> = {
  global: misplaced('write isGlobal: true'),
  ...Object.fromEntries(
    [...Object.keys(CHECKS.upload), 'imgwire', 'apiKey', 'baseUrl'].map((name) => [name, inResult]),
  ),
  imports: unchecked,
  inject: unchecked,
  useFactory: unchecked,
  useClass: unchecked,
  useExisting: unchecked,
  provideInjectionTokensFrom: unchecked,
  isGlobal: unchecked,
  name: unchecked,
};

const NO_FACTORY =
  'ImgwireModule.forRootAsync(): option "useFactory" is required: write useFactory: () => ({ apiKey }), or useClass, or useExisting.';

/** Lets the testing module call the factory of the options: it may fail for want of a key that a test does not need. */
function replaceable<Given extends Provider>(provider: Given): Given | FactoryProvider {
  if (!('useFactory' in provider)) return provider;
  const { useFactory, inject = [] } = provider;
  const call: MakeOptions = (factory, injected) => factory(...injected);
  return {
    ...provider,
    useFactory: (make: MakeOptions = call, ...injected: unknown[]) => make(useFactory, injected),
    inject: [{ token: MAKE_OPTIONS, optional: true }, ...inject],
  };
}

/** Each provider is created from the previous one, so that an override applies to all that follow. */
function providersOf(
  given: readonly Provider[],
  name: string | undefined,
): Required<Pick<DynamicModule, 'providers' | 'exports'>> {
  const options = getImgwireOptionsToken(name);
  const instance = getImgwireToken(name);
  const service = getImgwireServiceToken(name);
  const rules = getRulesToken(name);
  const named = given.map((provider) =>
    'provide' in provider && provider.provide === OPTIONS
      ? { ...replaceable(provider), provide: options }
      : provider,
  );
  const health = name
    ? []
    : [
        {
          provide: ImgwireHealthIndicator,
          useFactory: (imgwire: ImgwireService) => new ImgwireHealthIndicator(imgwire),
          inject: [service],
        },
      ];
  return {
    providers: [
      ...named,
      {
        provide: PARTS,
        useFactory: (given: ImgwireModuleOptions, make: MakeParts = moduleParts) => make(given, name),
        inject: [options, { token: MAKE_PARTS, optional: true }],
      },
      { provide: instance, useFactory: (parts: ModuleParts) => parts.connect(), inject: [PARTS] },
      { provide: rules, useFactory: (parts: ModuleParts) => parts.rules, inject: [PARTS] },
      {
        provide: service,
        useFactory: (imgwire: Imgwire) => new ImgwireService(imgwire),
        inject: [instance],
      },
      ...health,
    ],
    exports: [instance, rules, service, ...health.map(({ provide }) => provide)],
  };
}

@Module({})
/**
 * One instance of Imgwire for the application: {@link ImgwireService} to inject, and rules for the upload interceptors.
 * When the application closes, uploads in flight may finish within
 * `closeTimeoutMs`, which counts from the signal; new ones are `SHUTTING_DOWN`.
 *
 * @example
 * imports: [ImgwireModule.forRoot({ isGlobal: true })] // IMGWIRE_API_KEY from the environment
 */
export class ImgwireModule
  extends Base
  implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown
{
  readonly #parts: ModuleParts;

  readonly #host: HttpAdapterHost | undefined;
  readonly #modules: ModulesContainer | undefined;

  constructor(
    @Optional() @Inject(PARTS) parts?: ModuleParts,
    @Optional() @Inject(HttpAdapterHost) host?: HttpAdapterHost,
    @Optional() @Inject(ModulesContainer) modules?: ModulesContainer,
  ) {
    super();
    if (!parts) throw new TypeError('ImgwireModule: import ImgwireModule.forRoot(), not the class itself.');
    this.#parts = parts;
    this.#host = host;
    this.#modules = modules;
  }

  /** Lets Fastify bring forms to `@UploadedImage()`, which says so if no interceptor has received them. */
  onModuleInit(): void {
    const { httpAdapter } = (this.#host ?? {}) as Partial<HttpAdapterHost>;
    if (httpAdapter && this.#modules && hasUploadedImages(this.#modules)) letThrough(httpAdapter, 'form');
  }

  /** With static options. A wrong one fails the start of the application with a TypeError that names it. */
  static override forRoot(options: ImgwireModuleOptions & ImgwireModuleExtras = {}): DynamicModule {
    return { ...Base.forRoot(options), module: ImgwireModule };
  }

  /**
   * With options from `useFactory`, or from `createImgwireOptions()` of `useClass` or `useExisting`. `isGlobal` and `name`
   * go beside those, not into their result.
   */
  static override forRootAsync(options: AsyncOptions): DynamicModule {
    assertOptions('ImgwireModule.forRootAsync()', options, ASYNC_CHECKS);
    if (!(options.useFactory ?? options.useClass ?? options.useExisting)) throw new TypeError(NO_FACTORY);
    return { ...Base.forRootAsync(options), module: ImgwireModule };
  }

  /** Begins to close. Only after this does Nest wait for the HTTP server, and so for the slowest of its clients. */
  beforeApplicationShutdown(): void {
    // What fails is told by the call below.
    this.#parts.close().catch(() => undefined);
  }

  /** Closes the instance that the module created, once everything in flight has settled. */
  onApplicationShutdown(): Promise<void> {
    return this.#parts.close();
  }
}
