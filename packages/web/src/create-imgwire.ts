import {
  createImgwire as connect,
  type Imgwire,
  type ImgwireClientLike,
  type ImgwireOptions,
} from '@imgwire/core';

/** Calls that return something else than a promise: the compiler knows them, and a missing key is thrown by them. */
type DirectCall = {
  [Name in keyof Imgwire]-?: Imgwire[Name] extends (...given: never[]) => Promise<unknown> ? never : Name;
}[keyof Imgwire];
const DIRECT_CALLS: Readonly<Record<Exclude<DirectCall, 'logger'>, true>> = {
  receiver: true,
  bodyReceiver: true,
  storage: true,
  usage: true,
  listPages: true,
  listAll: true,
  uploadMany: true,
  uploadViaUrlMany: true,
};

/** A client that is never called: with it a connection needs no key. */
const NOBODY = { images: new Proxy({}, { get: () => () => undefined }) } as ImgwireClientLike;

/** Where core keeps the key of an instance, which signs the tickets of direct uploads. */
const API_KEY = Symbol.for('imgwire.apiKey');

type Call = (...given: readonly unknown[]) => unknown;

/**
 * Connects to Imgwire when it is first used: builds of frameworks load routes and pages where the environment has no key. The
 * options are checked at once; a key that is missing, or wrong in the environment, is the error of the first call.
 *
 * @example export const imgwire = createImgwire(); // IMGWIRE_API_KEY, when the first request comes
 * @throws TypeError for an option that is unknown or wrong
 */
export function createImgwire(options: ImgwireOptions = {}): Imgwire {
  // Checks the options, has the names of all calls, and stays if it is closed before anyone has used it.
  let imgwire = connect(
    Object(options) === options
      ? {
          ...options,
          client: options.client ?? NOBODY,
          environmentId: options.client && options.environmentId,
        }
      : options,
  );
  let isConnected = false;
  const connected = (): Imgwire => {
    if (!isConnected) imgwire = connect(options);
    isConnected = true;
    return imgwire;
  };
  const calls = Object.entries(imgwire).map(([name, value]): [string, unknown] => {
    if (typeof value !== 'function') return [name, value];
    const call: Call = (...given) => (connected()[name as keyof Imgwire] as Call)(...given);
    return [name, name in DIRECT_CALLS ? call : async (...given: readonly unknown[]) => call(...given)];
  });
  const close: Imgwire['close'] = async (...given) => {
    const before = isConnected;
    isConnected = true;
    await imgwire.close(...given).catch((error: unknown) => {
      isConnected = before;
      throw error;
    });
  };
  const instance = { ...(Object.fromEntries(calls) as unknown as Imgwire), close };
  const keyOf = (): unknown => (connected() as Imgwire & { readonly [API_KEY]?: Call })[API_KEY]?.();
  return Object.defineProperty(instance, API_KEY, { value: keyOf });
}
