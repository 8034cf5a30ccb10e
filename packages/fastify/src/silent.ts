import type { FastifyBaseLogger } from 'fastify';

/** Whether an application has no logger. Fastify's stand-in for one has no level, and one function for all of its methods. */
export const isSilent = ({ level, error, trace }: Partial<FastifyBaseLogger>): boolean =>
  level === undefined && error === trace;
