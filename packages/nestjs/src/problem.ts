import type { ServerResponse } from 'node:http';
import type { ProblemDetails } from '@imgwire/core';
import { headersOf, type JsonResponse } from '@imgwire/core/adapter';
import { HttpException } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ImgwireHttpException, toHttpException, withMessage } from './imgwire.exception.ts';
import { report } from './report.ts';

/** The methods by which Nest's adapters send a body: `json` on Express, `send` on Fastify. */
export interface PlatformResponse {
  readonly raw?: ServerResponse;
  getHeader?(name: string): number | string | readonly string[] | undefined;
  json?(body: unknown): unknown;
  send(body: unknown): unknown;
}

/** Node's response: on Express the response itself, on Fastify its `raw`. */
export const rawOf = (response: { readonly raw?: ServerResponse }): ServerResponse =>
  response.raw ?? (response as ServerResponse);

/** Sets headers on the platform's response, unless headers have been sent. */
function setHeaders(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  headers: Readonly<Record<string, string>>,
): void {
  if (adapter.isHeadersSent(response)) return;
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
}

/**
 * Prepares the response for an {@link ImgwireHttpException} only: if any filter sends its `getResponse()`, the type is
 * `application/problem+json`; any other body that a filter sends is unchanged.
 *
 * So the Content-Type is not set in advance, where it would apply to those other bodies too. Nest 11's Express adapter also
 * replaces any type but application/json on an error, so the type has to be set after that check.
 */
export function sendAsProblem(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  exception: unknown,
): void {
  if (!(exception instanceof ImgwireHttpException)) return;
  setHeaders(adapter, response, exception.headers);
  typeProblem(adapter, response, exception.getResponse());
}

/** Sets the type of problem details on the response once `problem` is sent as its body. */
function typeProblem(adapter: AbstractHttpAdapter, response: PlatformResponse, problem: unknown): void {
  const method = response.json ? 'json' : 'send';
  const write = response[method]?.bind(response);
  response[method] = (body) => {
    if (body === problem) setHeaders(adapter, response, { 'Content-Type': 'application/problem+json' });
    return write?.(body);
  };
}

/** Throws a failure as {@link toHttpException} makes it, with its response prepared, and logs what has to be mended. */
export function failAsProblem(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  error: unknown,
): never {
  report(error);
  const exception = toHttpException(error);
  sendAsProblem(adapter, response, exception);
  throw exception;
}

/** Sends a response of core. @throws HttpException for one of 4xx or 5xx, for the filters of the application */
export function sendJson(adapter: AbstractHttpAdapter, response: PlatformResponse, sent: JsonResponse): void {
  const { 'Content-Type': type, ...headers } = headersOf(sent, response.getHeader?.('Vary'));
  setHeaders(adapter, response, headers);
  if (sent.status < 400) return void adapter.reply(response, sent.body, sent.status);
  // The filter that sends this body gives it the type; another body has its own.
  const body = withMessage(sent.body as ProblemDetails);
  typeProblem(adapter, response, body);
  throw new HttpException(body, sent.status);
}
