import type { Imgwire } from '@imgwire/core';
import { toHttpException } from './imgwire.exception.ts';

/** Methods of {@link Imgwire} that return a promise. */
const ANSWERS = [
  'upload',
  'uploadViaUrl',
  'waitUntilReady',
  'retrieve',
  'list',
  'delete',
  'bulkDelete',
  'createBulkDownloadJob',
  'retrieveBulkDownloadJob',
  'waitUntilDownloadReady',
  'createDirectUpload',
  'createUploadToken',
  'listCorsOrigins',
  'retrieveCustomDomain',
  'getMetricsStats',
  'getMetricsDatasets',
  'check',
] as const;
/** Methods that return something else. */
const PASSES = ['usage'] as const;
/** Methods that return an async generator. Outcomes of failed items are passed on unchanged. */
const YIELDS = ['uploadMany', 'uploadViaUrlMany', 'listPages', 'listAll'] as const;

/** The methods of {@link Imgwire} that the service has: the interceptors receive forms, the module closes the instance. */
type Calls = Pick<Imgwire, (typeof ANSWERS | typeof YIELDS | typeof PASSES)[number]>;

/** Defines the methods on the prototype, where mocking libraries look for them. */
class TranslatedCalls {
  readonly #imgwire: Calls;

  constructor(imgwire: Calls) {
    this.#imgwire = imgwire;
  }

  static connectionOf(service: object): Imgwire | undefined {
    return #imgwire in service && 'receiver' in service.#imgwire ? (service.#imgwire as Imgwire) : undefined;
  }

  static {
    const methods = { ...each(ANSWERS, translated), ...each(YIELDS, yielded), ...each(PASSES, passed) };
    for (const [name, translate] of Object.entries(methods)) {
      const value = function (this: TranslatedCalls, ...args: unknown[]): unknown {
        const calls = this.#imgwire as unknown as Record<string, (...args: unknown[]) => never>;
        return translate(calls[name]?.(...args) as never);
      };
      Object.defineProperty(TranslatedCalls.prototype, name, { value, writable: true, configurable: true });
    }
  }
}

/** The connection of a service, which the interceptors use; undefined for a fake service. */
export const connectionOf = (service: object): Imgwire | undefined => TranslatedCalls.connectionOf(service);

const Base: new (imgwire: Calls) => Calls = TranslatedCalls as never;

/**
 * Imgwire for providers and controllers. Every method does the same as its namesake of `Imgwire`, but an
 * `ImgwireError` is rethrown as an {@link ImgwireHttpException}, as its `cause`.
 *
 * @example constructor(private readonly imgwire: ImgwireService) {}
 */
export class ImgwireService extends Base {}

function each<T>(names: readonly string[], value: T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, value]));
}

function translated<T>(call: Promise<T>): Promise<T> {
  return call.catch((error: unknown) => {
    throw toHttpException(error);
  });
}

function passed<T>(value: T): T {
  return value;
}

async function* yielded<T>(results: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  try {
    yield* results;
  } catch (error) {
    throw toHttpException(error);
  }
}
