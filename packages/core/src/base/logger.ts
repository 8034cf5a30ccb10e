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
