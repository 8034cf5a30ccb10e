import { Logger } from '@nestjs/common';
import type { MakeOptions } from './imgwire.options.ts';

/** A config service, as that of `@nestjs/config`. */
interface Config {
  getOrThrow(name: string, ...more: unknown[]): unknown;
}

/**
 * Calls the factory of a module's options in a test, which has no key: a config service that is asked for one with `getOrThrow()` has
 * any, so that the rules beside it are kept. If the factory fails all the same, the module goes on without its options, and says so.
 */
export const makeTestOptions: MakeOptions = async (factory, injected) => {
  try {
    return await factory(...injected.map((each) => (isConfig(each) ? withAnyKey(each) : each)));
  } catch (error) {
    // Not a warning: Nest's testing module prints none.
    new Logger('ImgwireTestingModule').error(
      `The options of an ImgwireModule could not be made: ${String(error)}. The test goes on without its rules and deadlines. To keep them, give the factory what it asks for; any key will do.`,
    );
    return {};
  }
};

const isConfig = (value: unknown): value is Config =>
  typeof (Object(value) as Partial<Config>).getOrThrow === 'function';

/** The same service, with a key where it has none. */
function withAnyKey(config: Config): Config {
  const getOrThrow: Config['getOrThrow'] = (name, ...more) => {
    try {
      return config.getOrThrow(name, ...more);
    } catch (error) {
      if (/key/i.test(name)) return 'sk_test';
      throw error;
    }
  };
  return Object.create(config, { getOrThrow: { value: getOrThrow } }) as Config;
}
