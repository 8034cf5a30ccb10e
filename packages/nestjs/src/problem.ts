import type { ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ImgwireHttpException } from './imgwire.exception.ts';

/** How a platform's response is given a body by its adapter: Express's by `json`, Fastify's by `send`. */
export interface PlatformResponse {
  readonly raw?: ServerResponse;
  json?(body: unknown): unknown;
  send(body: unknown): unknown;
}

/** Node's own response: Express's is it, Fastify's has it as `raw`. */
export const rawOf = (response: { readonly raw?: ServerResponse }): ServerResponse =>
  response.raw ?? (response as ServerResponse);

/** Sets headers on the platform's response, unless they are on their way already. */
export function setHeaders(
  adapter: AbstractHttpAdapter,
  response: unknown,
  headers: Readonly<Record<string, string>>,
): void {
  if (adapter.isHeadersSent(response)) return;
  for (const [name, value] of Object.entries(headers)) adapter.setHeader(response, name, value);
}

/**
 * Prepares the response for an {@link ImgwireHttpException}, and for nothing else: whichever filter answers its
 * `getResponse()`, the answer is `application/problem+json`; what else a filter answers stays as it made it.
 *
 * Hence no Content-Type is set beforehand, it would stick to those other answers. Nest 11's Express adapter also replaces
 * what is not application/json under an error, so the type has to be set after the adapter has looked.
 */
export function answerAsProblem(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  exception: unknown,
): void {
  if (!(exception instanceof ImgwireHttpException)) return;
  setHeaders(adapter, response, exception.headers);
  typeProblem(adapter, response, exception.getResponse());
}

/** Gives the answer the type of problem details if `problem` turns out to be its body. */
export function typeProblem(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  problem: unknown,
): void {
  const method = response.json ? 'json' : 'send';
  const write = response[method]?.bind(response);
  response[method] = (body) => {
    if (body === problem) setHeaders(adapter, response, { 'Content-Type': 'application/problem+json' });
    return write?.(body);
  };
}
