import type { Fault } from '../faults.ts';
import { json } from './answer.ts';
import { Refusal, storeError } from './errors.ts';

/**
 * The response of a fault in place of the real one. Without a body it has the error shape of the route.
 */
export function faultAnswer(fault: Fault): Refusal {
  const status = fault.status ?? 403;
  const { headers = {}, body } = fault;
  if (typeof body === 'string')
    return new Refusal({ status, headers: { ...textType(body), ...headers }, body });
  if (body !== undefined) return new Refusal(withHeaders(json(body, {}, status), headers));
  if (fault.route === 'put') {
    return new Refusal(
      withHeaders(storeError(status, 'InjectedFault', 'Scripted by a fault.').answer, headers),
    );
  }
  return new Refusal(
    withHeaders(json({ detail: 'Scripted by a fault.', error_type: 'InjectedFault' }, {}, status), headers),
  );
}

function withHeaders(answer: Refusal['answer'], headers: NonNullable<Fault['headers']>): Refusal['answer'] {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** Truncated JSON is still sent as JSON: that is the point of it. */
function textType(body: string): { 'content-type': string } {
  const isMarkup = body.trimStart().startsWith('<');
  return { 'content-type': isMarkup ? 'text/html; charset=utf-8' : 'application/json' };
}
