import type { ServerResponse } from 'node:http';
import { onResponseSent } from '../client-gone.ts';
import { ImgwireError } from '../errors.ts';
import { newAbortController } from '../realm-safe.ts';

/**
 * Aborts when a response ends before the work for it: `RESPONSE_ENDED` when somebody else has sent it, such as a timer,
 * `CLIENT_ABORTED` when the client has disconnected.
 */
export function responseSignal(res: ServerResponse): AbortSignal {
  const controller = newAbortController();
  const leave = (): void => controller.abort(new ImgwireError('CLIENT_ABORTED'));
  onResponseSent(res, (reason) => controller.abort(reason));
  if (res.closed) leave();
  else res.once('close', leave);
  return controller.signal;
}
