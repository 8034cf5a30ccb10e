import { type ImgwireError, type ImgwireErrorCode, toImgwireError } from './errors.ts';
/** Receives what no caller sees; pino's argument order, and `console` fits too. */
export interface Logger {
  /** Currently unused. */
  debug?(context: object, message: string): void;
  /** Transient failures: a call that is retried. */
  warn?(context: object, message: string): void;
  /** Failures that need attention: a record that is left behind. */
  error?(context: object, message: string): void;
}

/** What names a request in a log line: the `id` that Fastify, pino-http and others give it. */
export function requestContext(request: object): { readonly reqId: string | number } | undefined {
  const { id } = request as { readonly id?: unknown };
  return typeof id === 'string' || typeof id === 'number' ? { reqId: id } : undefined;
}

/** A logger for what is about one request. */
export const inRequest = (logger: Logger | undefined, request: object): Logger | undefined =>
  logger && withContext(logger, requestContext(request));

/** A logger whose every line has more. */
export function withContext(logger: Logger, context: object | undefined): Logger {
  if (!context) return logger;
  const at =
    (level: keyof Logger) =>
    (facts: object, message: string): void =>
      logger[level]?.({ ...context, ...facts }, message);
  return { debug: at('debug'), warn: at('warn'), error: at('error') };
}

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
  const known = toImgwireError(error);
  if (!known || !isFault(known) || reported.has(error as object)) return;
  reported.add(error as object);
  const logger = loggers.get(error as object);
  if (logger) logger.error?.({ err: known }, known.message);
  else log(known);
}

/** Whether somebody at the server has to act: any 5xx, but for {@link NO_FAULTS}; and a verdict that was no boolean. */
function isFault({ code, status, cause }: ImgwireError): boolean {
  if (code === 'FORBIDDEN') return cause instanceof TypeError;
  return status >= 500 && !NO_FAULTS.includes(code);
}

const toConsole = (error: Error): void => console.error(error);
