import { headersOf, type JsonResponse } from '@imgwire/core/adapter';
import type { Response } from 'express';

/** Sends a response of core, unless somebody else has started or ended one. */
export function sendJson(res: Response, response: JsonResponse): void {
  if (res.headersSent) return;
  res.status(response.status).set(headersOf(response, res.get('Vary')));
  // `json` would replace the content type of problem details.
  if (response.body === undefined) res.end();
  else res.send(JSON.stringify(response.body));
}
