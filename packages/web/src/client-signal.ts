import { ImgwireError } from '@imgwire/core';

/** Aborts with `CLIENT_ABORTED` when the request's own signal does, whose reason is each platform's. */
export function clientSignal({ signal }: Request): AbortSignal {
  const controller = new AbortController();
  const leave = (): void => controller.abort(new ImgwireError('CLIENT_ABORTED'));
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  return controller.signal;
}
