import { type Logger, requestContext } from '../base/logger.ts';
import { failedOver } from '../base/report-fault.ts';
import { announcer } from './announce.ts';
import type { Announcement, Connection, CreateIntent, Reports } from './connection.ts';
import { publish, type UndoFailure } from './events.ts';

/** What of the connection's options is about its reports. */
export interface ReportOptions {
  readonly maxAttempts?: number | undefined;
  readonly beforeCreate?: ((intent: CreateIntent) => Announcement | Promise<Announcement>) | undefined;
  readonly onUndoFailed?: ((failure: UndoFailure) => void | Promise<void>) | undefined;
}

/** The reports of a connection, to a logger. */
export function openReports(options: ReportOptions, to: Logger | undefined): Reports {
  const { maxAttempts = 3, beforeCreate } = options;
  const logger = unfailing(to ?? {});
  return {
    failed: (error) => failedOver(error, to && logger),
    beforeCreate: beforeCreate && announcer(beforeCreate, logger.error),
    undoFailed: (failure) => {
      const { error: err, ...what } = failure;
      publish('imgwire:upload:undo-failed', () => failure);
      logger.error({ ...what, err }, 'A record could not be removed, and may be left at Imgwire');
      const report = async (): Promise<void> => options.onUndoFailed?.(failure);
      report().catch((failed: unknown) => logger.error({ ...what, err: failed }, 'onUndoFailed failed'));
    },
    retries: {
      maxAttempts,
      onRetry: (error, attempt, waitMs) => {
        publish('imgwire:upload:retried', () => ({ error, attempt, waitMs }));
        logger.warn({ err: error, attempt, waitMs }, 'A call to Imgwire is repeated');
      },
    },
  };
}

/** The connection for one request: its log lines have the request's id as `reqId`, where the framework gives it one. */
export function forRequest(connection: Connection, request: object): Connection {
  const { reportsOf } = connection;
  const context = reportsOf && requestContext(request);
  return context ? { ...connection, ...reportsOf(context) } : connection;
}

/** A logger that throws must not turn a retry into a failure, or mask one. */
function unfailing(logger: Logger): Required<Logger> {
  const safe =
    (level: keyof Logger) =>
    (facts: object, message: string): void => {
      try {
        logger[level]?.(facts, message);
      } catch {
        // Nowhere left to report it.
      }
    };
  return { debug: safe('debug'), warn: safe('warn'), error: safe('error') };
}
