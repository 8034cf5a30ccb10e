import type { ServerResponse } from 'node:http';
import { mergeVary } from '@imgwire/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ImgwireHttpException } from './imgwire.exception.ts';

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

/** Sets headers on the platform's response, unless headers have been sent. A `Vary` adds to the one that is there. */
export function setHeaders(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  headers: Readonly<Record<string, string>>,
): void {
  if (adapter.isHeadersSent(response)) return;
  for (const [name, value] of Object.entries(headers)) {
    const all = name === 'Vary' ? mergeVary(response.getHeader?.(name), value) : value;
    adapter.setHeader(response, name, all);
  }
}

/**
 * Prepares the response for an {@link ImgwireHttpException} only: if any filter sends its `getResponse()`, the type is
 * `application/problem+json`; any other body that a filter sends is unchanged.
 *
 * So the Content-Type is not set in advance, where it would apply to those other bodies too. Nest 11's Express adapter also
 * replaces any type but application/json on an error, so the type has to be set after that check.
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

/** Sets the type of problem details on the response once `problem` is sent as its body. */
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
