import type { ServerResponse } from 'node:http';
import { openAbort } from '../base/across-realms.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import { whenAnswered } from '../base/when-answered.ts';

/**
 * Aborts when a response ends before the work for it: `RESPONSE_ENDED` when somebody else has sent it, such as a timer,
 * `CLIENT_ABORTED` when the client has disconnected.
 */
export function closeSignal(res: ServerResponse): AbortSignal {
  const controller = openAbort();
  const leave = (): void => controller.abort(new ImgwireUploadError('CLIENT_ABORTED'));
  whenAnswered(res, (reason) => controller.abort(reason));
  if (res.closed) leave();
  else res.once('close', leave);
  return controller.signal;
}
