import type { ImgwireForm } from './form.ts';

/**
 * Runs a handler, and deletes the images if it fails: if it throws or responds with an error, if the body of its response breaks
 * off, or if nobody is left to respond to.
 */
export async function discardOnError(
  { discard }: ImgwireForm<unknown>,
  { signal }: Request,
  run: () => Promise<Response>,
): Promise<Response> {
  let kept = false;
  try {
    const response = await run();
    if (response.status >= 400 || signal.aborted) return response;
    const watched = orDiscard(response, signal, discard);
    kept = true;
    return watched;
  } finally {
    if (!kept) await discard();
  }
}

/** The response with a body that is watched. One without a body, or whose body is not to be had, as it is. */
function orDiscard(response: Response, signal: AbortSignal, discard: () => Promise<void>): Response {
  const { body, bodyUsed } = response;
  // Not every framework's Response has a web stream, which says that it is free.
  if (bodyUsed || body?.locked !== false) return response;
  return new Response(watch(body, signal, discard), response);
}

/** Passes a body on chunk by chunk, as the platform pulls it. The images stay if it is read to its end. */
function watch(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal,
  discard: () => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let settled = false;
  const settle = async (sent: boolean): Promise<void> => {
    if (settled) return;
    settled = true;
    signal.removeEventListener('abort', leave);
    if (!sent) await discard();
  };
  const leave = (): void => void settle(false);
  signal.addEventListener('abort', leave, { once: true });
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    try {
      const { done, value } = await reader.read();
      if (!done) return controller.enqueue(value);
      await settle(true);
      controller.close();
    } catch (error) {
      await settle(false);
      throw error;
    }
  };
  const cancel = async (reason: unknown): Promise<void> => {
    // Before it ends for its reader.
    const discarded = settle(false);
    await Promise.all([reader.cancel(reason), discarded]);
  };
  return new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
}
