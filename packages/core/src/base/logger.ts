/** Receives what no caller sees; pino's argument order, and `console` fits too. */
export interface Logger {
  /** Currently unused. */
  debug?(context: object, message: string): void;
  /** Transient failures: a call that is retried. */
  warn?(context: object, message: string): void;
  /** Failures that need attention: a record that is left behind. */
  error?(context: object, message: string): void;
}
