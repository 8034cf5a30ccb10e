import { type JsonResponse, mergeVary } from '@imgwire/core';
import type { Response } from 'express';

/** Sends a response of core, unless somebody else has started or ended it. */
export function sendAnswer(res: Response, { status, headers, body }: JsonResponse): void {
  if (res.headersSent) return;
  const { Vary: vary, ...others } = headers;
  res.status(status).set(others);
  if (vary) res.set('Vary', mergeVary(res.get('Vary'), vary));
  if (body === undefined) {
    res.end();
    return;
  }
  // `json` would replace the content type of problem details.
  if (!res.get('Content-Type')) res.type('application/json');
  res.send(JSON.stringify(body));
}
