import { reportFault } from '@imgwire/core';
import { HttpException, Logger } from '@nestjs/common';

const logger = new Logger('Imgwire');

/**
 * Logs, once, a failure that the operator or the developer has to mend, with its causes: to the `logger` of the instance,
 * else to Nest's. Nest's own filters log no HttpException.
 */
export function report(error: unknown): void {
  const failure = error instanceof HttpException ? error.cause : error;
  reportFault(failure, logFault);
}

/** Writes a failure to Nest's log, with its causes. */
export const logFault = (error: Error): void => logger.error(error.message, stacksOf(error));

/**
 * The stack of an error and of each of its causes. Only the stacks: Nest 10 prints no causes, and the properties of another's error
 * may hold a key, such as the response of the official SDK.
 */
function stacksOf(error: Error): string {
  const stacks: string[] = [];
  const add = (value: unknown): void => {
    if (!(value instanceof Error)) return;
    const { message, stack = `${value.name}: ${message}`, cause } = value;
    stacks.push(stack);
    // Node tries each address of a host: the reasons are in the errors, and the message is empty.
    if (value instanceof AggregateError) value.errors.forEach(add);
    add(cause);
  };
  add(error);
  return stacks.join('\nCaused by: ');
}
