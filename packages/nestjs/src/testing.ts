import { type Emulator, type EmulatorOptions, startEmulator } from '@imgwire/emulator';
import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import {
  type ImgwireModuleOptions,
  MAKE_OPTIONS,
  MAKE_PARTS,
  type MakeParts,
  type ModuleParts,
  moduleParts,
} from './imgwire.options.ts';
import { makeTestOptions } from './test-options.ts';

const OPTIONS = Symbol('imgwire:emulator-options');

@Module({})
/**
 * Replaces Imgwire by emulators, for tests: one for each `name` of the application's `ImgwireModule`s, and one for those
 * without a name. They start and close with the application. The modules keep their rules and deadlines.
 *
 * @example
 * const module = await Test.createTestingModule({ imports: [AppModule, ImgwireTestingModule.forRoot()] }).compile();
 * const emulator = module.get(ImgwireTestingModule).emulator();
 */
export class ImgwireTestingModule implements OnApplicationShutdown {
  readonly #options: EmulatorOptions;
  readonly #starting = new Map<string | undefined, Promise<Emulator>>();
  readonly #running = new Map<string | undefined, Emulator>();
  readonly #parts: ModuleParts[] = [];

  constructor(@Inject(OPTIONS) options: EmulatorOptions) {
    this.#options = options;
  }

  /** With options for every emulator; a wrong one fails the start of the application with a TypeError that names it. */
  static forRoot(options: EmulatorOptions = {}): DynamicModule {
    const makeParts = (self: ImgwireTestingModule): MakeParts => self.#makeParts.bind(self);
    const providers: Provider[] = [
      { provide: OPTIONS, useValue: options },
      { provide: MAKE_PARTS, useFactory: makeParts, inject: [ImgwireTestingModule] },
      { provide: MAKE_OPTIONS, useValue: makeTestOptions },
    ];
    return { module: ImgwireTestingModule, global: true, providers, exports: [MAKE_PARTS, MAKE_OPTIONS] };
  }

  /**
   * The emulator that replaces Imgwire: its `images`, `requests` and `faults`, `assertNothingPending()`, `reset()`.
   *
   * @param name the `name` of the `ImgwireModule`; absent for the unnamed one
   * @throws Error if the application has no such module
   */
  emulator(name?: string): Emulator {
    const running = this.#running.get(name);
    if (running) return running;
    const which = name === undefined ? 'ImgwireModule' : `ImgwireModule of the name '${name}'`;
    throw new Error(`ImgwireTestingModule: there is no ${which} in this application.`);
  }

  /** Closes the connections, once everything in flight has settled, and then the emulators. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#parts.map((parts) => parts.close()));
    await Promise.all([...this.#running.values()].map((emulator) => emulator.close()));
  }

  async #makeParts(options: ImgwireModuleOptions, name: string | undefined): Promise<ModuleParts> {
    const starting = this.#starting.get(name) ?? startEmulator(this.#options);
    this.#starting.set(name, starting);
    const emulator = await starting;
    // If the application fails to start after this, nobody closes the emulator.
    emulator.unref();
    this.#running.set(name, emulator);
    const { url: baseUrl, apiKey } = emulator;
    // Overrides everything that points elsewhere; deadlines and rules are kept.
    const elsewhere = { imgwire: undefined, client: undefined, dispatcher: undefined };
    const parts = moduleParts({ ...options, ...elsewhere, baseUrl, apiKey });
    this.#parts.push(parts);
    return parts;
  }
}
