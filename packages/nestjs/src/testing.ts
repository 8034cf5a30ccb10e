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
  MAKE_PARTS,
  type MakeParts,
  type ModuleParts,
  moduleParts,
} from './imgwire.options.ts';

const OPTIONS = Symbol('imgwire:emulator-options');

@Module({})
/**
 * Puts emulators in the place of Imgwire, for tests: one for each `name` that the application's `ImgwireModule`s have, with
 * or without a name. They start with the application, and close with it. Rules and deadlines of the modules stay.
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

  /** With options for every emulator; a wrong one keeps the application from starting, with a TypeError that names it. */
  static forRoot(options: EmulatorOptions = {}): DynamicModule {
    const makeParts = (self: ImgwireTestingModule): MakeParts => self.#makeParts.bind(self);
    const providers: Provider[] = [
      { provide: OPTIONS, useValue: options },
      { provide: MAKE_PARTS, useFactory: makeParts, inject: [ImgwireTestingModule] },
    ];
    return { module: ImgwireTestingModule, global: true, providers, exports: [MAKE_PARTS] };
  }

  /**
   * The emulator in the place of Imgwire: its `images`, `requests` and `faults`, `assertNothingPending()`, `reset()`.
   *
   * @param name the `name` of the `ImgwireModule`; absent for the unnamed one
   * @throws Error when the application has no such module
   */
  emulator(name?: string): Emulator {
    const running = this.#running.get(name);
    if (running) return running;
    const which = name === undefined ? 'ImgwireModule' : `ImgwireModule of the name '${name}'`;
    throw new Error(`ImgwireTestingModule: there is no ${which} in this application.`);
  }

  /** Ends what was connected, once it has done its work, and then the emulators. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.#parts.map((parts) => parts.close()));
    await Promise.all([...this.#running.values()].map((emulator) => emulator.close()));
  }

  async #makeParts(options: ImgwireModuleOptions, name: string | undefined): Promise<ModuleParts> {
    const starting = this.#starting.get(name) ?? startEmulator(this.#options);
    this.#starting.set(name, starting);
    const emulator = await starting;
    // A start that fails later has nobody who could close it.
    emulator.unref();
    this.#running.set(name, emulator);
    const { url: baseUrl, apiKey } = emulator;
    // What leads elsewhere is left out; how long things may take, and what may come, stays.
    const elsewhere = { imgwire: undefined, client: undefined, dispatcher: undefined };
    const parts = moduleParts({ ...options, ...elsewhere, baseUrl, apiKey });
    this.#parts.push(parts);
    return parts;
  }
}
