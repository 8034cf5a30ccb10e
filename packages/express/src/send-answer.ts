import type { JsonAnswer } from '@imgwire/core';
import type { Response } from 'express';

/** Writes an answer of core to the response; nothing to one that was begun or ended by somebody else. */
export function sendAnswer(res: Response, { status, headers, body }: JsonAnswer): void {
  if (res.headersSent) return;
  res.status(status).set(headers);
  if (body === undefined) {
    res.end();
    return;
  }
  // `json` would replace the type of problem details.
  if (!res.get('Content-Type')) res.type('application/json');
  res.send(JSON.stringify(body));
}
