import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import type { Fault } from '../faults.ts';
import { type HttpResponse, json } from './response.ts';

/** Thrown by any step, to end a request with this response. */
export class HttpError extends Error {
  readonly response: HttpResponse;
  constructor(response: HttpResponse) {
    super(`The response has status ${response.status}.`);
    this.response = response;
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
export function validationError(problems: readonly Problem[]): HttpError {
  return new HttpError(json({ detail: problems }, {}, 422));
}

/** The service's flat error: `detail` as a text, and `error_type`. */
export function domainError(
  status: number,
  type: ErrorType,
  detail: string,
  headers?: OutgoingHttpHeaders,
): HttpError {
  return new HttpError(json({ detail, error_type: type }, headers, status));
}

/** The flat 404. */
export function notFound(): HttpError {
  return domainError(404, 'ResourceNotFoundError', 'Resource not found.');
}

/** An error of the object storage behind the presigned URLs: XML with `Code` and `Message`, as S3 sends it. */
export function storageError(status: number, code: string, message: string): HttpError {
  const body = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Error><Code>${code}</Code><Message>${message}</Message><RequestId>${randomUUID()}</RequestId></Error>`,
  ].join('\n');
  return new HttpError({ status, headers: { 'content-type': 'application/xml' }, body });
}

/** The response of a fault, in place of the real one. Without a body it has the error shape of the route. */
export function faultError(fault: Fault): HttpError {
  const { status = 403, headers = {}, body } = fault;
  if (typeof body === 'string')
    return new HttpError({ status, headers: { ...textType(body), ...headers }, body });
  const response = body === undefined ? errorOfRoute(fault.route, status) : json(body, {}, status);
  return new HttpError({ ...response, headers: { ...response.headers, ...headers } });
}

function errorOfRoute(route: Fault['route'], status: number): HttpResponse {
  const detail = 'Scripted by a fault.';
  if (route === 'put') return storageError(status, 'InjectedFault', detail).response;
  return json({ detail, error_type: 'InjectedFault' }, {}, status);
}

/** Truncated JSON is still sent as JSON: that is the point of it. */
function textType(body: string): { 'content-type': string } {
  const isMarkup = body.trimStart().startsWith('<');
  return { 'content-type': isMarkup ? 'text/html; charset=utf-8' : 'application/json' };
}
