import { type ImgwireErrorCode, type ImgwireUploadError, toUploadError } from './errors.ts';
import type { Logger } from './logger.ts';

/** Codes of 5xx that nobody has to mend: the server ends, somebody else has responded, the client's own coding. */
const NO_FAULTS: readonly ImgwireErrorCode[] = [
  'SHUTTING_DOWN',
  'RESPONSE_ENDED',
  'UNSUPPORTED_TRANSFER_ENCODING',
];

const loggers = new WeakMap<object, Logger>();
const reported = new WeakSet<object>();

/** Remembers whose connection has failed, so that {@link reportFault} finds its logger. */
export function failedOver(error: unknown, logger: Logger | undefined): void {
  if (logger && typeof error === 'object' && error !== null) loggers.set(error, logger);
}

/**
 * Logs, once, a failure that the operator or the developer has to mend, with its causes: a wrong key, a service that cannot be
 * reached, a body that was read before, an `authorize` that answered with no boolean. The client's faults are not logged.
 *
 * Called by whoever turns an error into a response, in which its `cause` is not: error handlers, filters, endpoints.
 *
 * @param log where it goes if the connection that failed has no `logger`
 */
export function reportFault(error: unknown, log: (error: Error) => void = toConsole): void {
  const known = toUploadError(error);
  if (!known || !isFault(known) || reported.has(error as object)) return;
  reported.add(error as object);
  const logger = loggers.get(error as object);
  if (logger) logger.error?.({ err: known }, known.message);
  else log(known);
}

/** Whether somebody at the server has to act: any 5xx, but for {@link NO_FAULTS}; and a verdict that was no boolean. */
function isFault({ code, status, cause }: ImgwireUploadError): boolean {
  if (code === 'FORBIDDEN') return cause instanceof TypeError;
  return status >= 500 && !NO_FAULTS.includes(code);
}

const toConsole = (error: Error): void => console.error(error);
