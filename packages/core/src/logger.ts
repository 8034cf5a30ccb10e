import { type ImgwireError, type ImgwireErrorCode, toImgwireError } from './errors.ts';
import { wrongDocsAddress } from './problem-type.ts';

/** Gets what no caller sees, in the order of pino's arguments. `console` fits too. */
export interface Logger {
  /** Gets transient failures: a call that is retried. */
  warn?(context: object, message: string): void;
  /** Gets failures that need attention: a record that is left at Imgwire. */
  error?(context: object, message: string): void;
}

/** Names a request in a log line, by the `id` that Fastify, pino-http and others give it. */
export function requestContext(request: object): { readonly reqId: string | number } | undefined {
  const { id } = request as { readonly id?: unknown };
  return typeof id === 'string' || typeof id === 'number' ? { reqId: id } : undefined;
}

/** A logger whose every line names its request. */
export const inRequest = (logger: Logger | undefined, request: object): Logger | undefined =>
  logger && withContext(logger, requestContext(request));

/** A logger whose every line has this context too. */
export function withContext(logger: Logger, context: object | undefined): Logger {
  if (!context) return logger;
  const at =
    (level: keyof Logger) =>
    (facts: object, message: string): void =>
      logger[level]?.({ ...context, ...facts }, message);
  return { warn: at('warn'), error: at('error') };
}

/** Codes of 5xx that nobody has to mend: a shutdown, a response by someone else, the client's own coding. */
const NO_FAULTS: readonly ImgwireErrorCode[] = [
  'SHUTTING_DOWN',
  'RESPONSE_ENDED',
  'UNSUPPORTED_TRANSFER_ENCODING',
];

const loggers = new WeakMap<object, Logger>();
const reported = new WeakSet<object>();

/** Remembers the logger of a failure, so that {@link reportFault} finds it. */
export function failedOver(error: unknown, logger: Logger | undefined): void {
  if (logger && typeof error === 'object' && error !== null) loggers.set(error, logger);
}

/**
 * Logs a failure that you have to mend, once and with its causes. That is a wrong key, a service that cannot be reached, a body
 * that was read before, or an `authorize` or a `scan` that returned no verdict. The client's faults are not logged.
 *
 * Whatever turns an error into a response calls it, since its `cause` is not in the response: error handlers, filters, endpoints.
 *
 * @param log gets the failure if its instance has no `logger`
 */
export function reportFault(error: unknown, log: (error: Error) => void = toConsole): void {
  const known = toImgwireError(error);
  if (!known || !isFault(known) || reported.has(error as object)) return;
  reported.add(error as object);
  const logger = loggers.get(error as object);
  if (logger) logger.error?.({ err: known }, known.message);
  else log(known);
}

/** Whether you have to act: any 5xx but those of {@link NO_FAULTS}, and an `authorize` or a `scan` that returned no verdict. */
function isFault({ code, status, cause }: ImgwireError): boolean {
  if (code === 'FORBIDDEN' || code === 'SCAN_REFUSED') return cause instanceof TypeError;
  return status >= 500 && !NO_FAULTS.includes(code);
}

/** Logs that the address of the pages in the environment is wrong, if it is. */
export function warnOfDocsAddress(logger: Logger | undefined): void {
  const wrong = wrongDocsAddress();
  if (wrong === undefined) return;
  if (logger) logger.warn?.({}, wrong);
  else console.warn(wrong);
}

const toConsole = (error: Error): void => console.error(error);
