import { withDeadline } from './deadline.ts';
import type { Http } from './http.ts';
import type { HttpRequest, HttpResponse } from './http-request.ts';
import { connectionError } from './upstream-error.ts';

/** Sends requests by `fetch`, where there is no Node: the platform makes the connections, and keeps them. */
export const fetchHttp: Pick<Http, 'send'> = {
  send: (request) =>
    withDeadline(request.timeoutMs ?? 15_000, request.signal, async (ending) => {
      const controller = new AbortController();
      const removeListener = ending.onAbort((reason) => controller.abort(reason));
      try {
        return await send(request, controller.signal);
      } catch (error) {
        throw connectionError(request.call, error);
      } finally {
        removeListener();
      }
    }),
};

async function send(
  { origin, path, method, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  // Only a PUT has bytes, and none is made here. As in Node, no redirect is followed: it would get the key.
  const init = {
    method,
    headers,
    signal,
    redirect: 'manual',
    ...(body !== undefined && { body: body as string }),
  } as const;
  const response = await fetch(`${origin}${path}`, init);
  return {
    status: response.status,
    wasSentTwice: false,
    header: (name) => response.headers.get(name) ?? undefined,
    body: await response.text(),
  };
}
