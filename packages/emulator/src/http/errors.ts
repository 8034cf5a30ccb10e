import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { type Answer, json } from './answer.ts';

/** Thrown by any step to end a request with this response. */
export class Refusal extends Error {
  readonly answer: Answer;
  constructor(answer: Answer) {
    super(`Refused with status ${answer.status}.`);
    this.answer = answer;
  }
}

/** One problem in a request, as listed by a 422. */
export interface Problem {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** The service's names for errors other than validation. */
export type ErrorType =
  | 'InvalidTokenError'
  | 'PaymentRequiredError'
  | 'OperationNotAllowedError'
  | 'ResourceNotFoundError'
  | 'ResourceConflictError'
  | 'RequestError'
  | 'InternalError';

/** A 422 with a list of problems: the service's response to a request that does not match the schema. */
export function validationError(problems: readonly Problem[]): Refusal {
  return new Refusal(json({ detail: problems }, {}, 422));
}

/** The service's flat error: `detail` as a text, and `error_type`. */
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
 * An error of the object store behind the presigned URLs: XML with `Code` and `Message`, like S3.
 */
export function storeError(status: number, code: string, message: string): Refusal {
  const body = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${randomUUID()}</RequestId></Error>`,
  ].join('\n');
  return new Refusal({ status, headers: { 'content-type': 'application/xml' }, body });
}
