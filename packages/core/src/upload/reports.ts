import { failedOver, type Logger, requestContext } from '../logger.ts';
import { callbacksOf } from './before-create.ts';
import type { Context, CreateCallbacks, CreateIntent, Reports } from './context.ts';
import { publish, type RollbackFailure } from './events.ts';

/** The options that are about reports. */
export interface ReportOptions {
  readonly maxAttempts?: number | undefined;
  readonly beforeCreate?: ((intent: CreateIntent) => CreateCallbacks | Promise<CreateCallbacks>) | undefined;
  readonly onRollbackFailed?: ((failure: RollbackFailure) => void | Promise<void>) | undefined;
}

/** Opens the reports of an instance, to its logger and its callbacks. */
export function openReports(options: ReportOptions, to: Logger | undefined): Reports {
  const { maxAttempts = 3, beforeCreate } = options;
  const logger = unfailing(to ?? {});
  return {
    failed: (error) => failedOver(error, to && logger),
    beforeCreate: beforeCreate && callbacksOf(beforeCreate, logger.error),
    reportRollbackFailure: (failure) => {
      const { error: err, ...what } = failure;
      publish('imgwire:upload:rollback-failed', () => failure);
      logger.error({ ...what, err }, 'A record could not be deleted, and may be left at Imgwire');
      const report = async (): Promise<void> => options.onRollbackFailed?.(failure);
      report().catch((failed: unknown) => logger.error({ ...what, err: failed }, 'onRollbackFailed failed'));
    },
    retries: {
      maxAttempts,
      onRetry: (error, attempt, waitMs) => {
        publish('imgwire:upload:retried', () => ({ error, attempt, waitMs }));
        logger.warn({ err: error, attempt, waitMs }, 'A call to Imgwire is retried');
      },
    },
  };
}

/** A context for one request. Its log lines have the request's id as `reqId`, if the framework gives it one. */
export function forRequest(context: Context, request: object): Context {
  const { reportsOf } = context;
  const inLogs = reportsOf && requestContext(request);
  return inLogs ? { ...context, ...reportsOf(inLogs) } : context;
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
  return { warn: safe('warn'), error: safe('error') };
}
