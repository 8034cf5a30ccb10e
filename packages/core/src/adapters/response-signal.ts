import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';
import { onResponseSent } from '../client-gone.ts';
import { ImgwireError } from '../errors.ts';

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

/** Makes an abort controller for any number of listeners: one for each call of each file is no leak. */
function newAbortController(): AbortController {
  const controller = new AbortController();
  try {
    setMaxListeners(0, controller.signal);
  } catch {
    // Not Node's own, so it does not count listeners.
  }
  return controller;
}
