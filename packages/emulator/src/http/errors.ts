import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { type Answer, json } from './answer.ts';

/** Thrown by any step to end a request with this answer. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`Refused with status ${answer.status}.`);
    this.answer = answer;
  }
}

/** One fault in a request, as a 422 lists them. */
export interface Problem {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** The names that the service gives to what went wrong outside of validation. */
export type ErrorType =
  | 'InvalidTokenError'
  | 'PaymentRequiredError'
  | 'OperationNotAllowedError'
  | 'ResourceNotFoundError'
  | 'ResourceConflictError'
  | 'RequestError'
  | 'InternalError';

/** A 422 with a list of problems: the service's answer to a request that does not fit the schema. */
export function validationError(problems: readonly Problem[]): Refusal {
  return new Refusal(json({ detail: problems }, {}, 422));
}

/** The service's flat error: `detail` in words and `error_type`. */
export function domainError(
  status: number,
  type: ErrorType,
  detail: string,
  headers?: OutgoingHttpHeaders,
): Refusal {
  return new Refusal(json({ detail, error_type: type }, headers, status));
}

/** The flat 404. */
export function notFound(): Refusal {
  return domainError(404, 'ResourceNotFoundError', 'Resource not found.');
}

/**
 * An error of the object store behind the presigned URLs: XML with `Code` and `Message`, as S3-type stores
 * answer.
 */
export function storeError(status: number, code: string, message: string): Refusal {
  const body = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${randomUUID()}</RequestId></Error>`,
  ].join('\n');
  return new Refusal({ status, headers: { 'content-type': 'application/xml' }, body });
}
