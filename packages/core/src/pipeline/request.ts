import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ImgwireUploadError } from '../errors.ts';

/** A request whose body we receive: one signal for all that is done for it, one way to read it, one way to end it. */
export interface OpenRequest {
  readonly headers: IncomingHttpHeaders;
  /** The request's Content-Length, bytes; undefined when it is chunked. */
  readonly contentLength: number | undefined;
  /** Aborts when the client leaves or stalls, or when {@link OpenRequest.fail} is called. */
  readonly signal: AbortSignal;
  /** Ends all that is done for this request, with `reason`. The first reason wins. */
  fail(reason: unknown): void;
  /**
   * Feeds the body to `sink`, one chunk at a time; while `sink`'s promise is pending the client is held up. Resolves at
   * the end of a whole body, rejects with the signal's reason.
   */
  feed(sink: (chunk: Buffer) => Promise<void> | undefined): Promise<void>;
  /** Swallows the rest of a refused body, within bounds, so that the client gets to read the answer. */
  drain(): Promise<void>;
  /** Lets go of timers and listeners. */
  release(): void;
}

/**
 * How much of a refused body is swallowed before the answer. Browsers and proxies that are cut while they still send
 * report a broken connection instead of the answer; a client that goes on for gigabytes is answered and cut.
 */
const DRAIN = { bytes: 64 * 1024 * 1024, ms: 10_000, idleMs: 1_000 };
/** For the answer to reach a client that is then cut; nginx calls this lingering_close. */
const LINGER_MS = 2_000;

/**
 * Takes charge of a request's body.
 *
 * @param stallTimeoutMs longest wait for the client's next bytes, milliseconds
 * @throws ImgwireUploadError `BODY_ALREADY_READ`, `CLIENT_ABORTED`
 */
export function openRequest(req: IncomingMessage, stallTimeoutMs: number): OpenRequest {
  if (req.destroyed || req.socket.destroyed) throw new ImgwireUploadError('CLIENT_ABORTED');
  if (req.readableDidRead || req.readableEnded) throw new ImgwireUploadError('BODY_ALREADY_READ');
  const controller = new AbortController();
  const { signal } = controller;
  const fail = (reason: unknown): void => controller.abort(reason);
  const leave = (): void => fail(new ImgwireUploadError('CLIENT_ABORTED'));
  // `close` of the request also follows a whole body; `close` of the socket is the client leaving while it waits for
  // its answer.
  const closed = (): void => {
    if (!req.complete) leave();
  };
  const { socket } = req;
  let cut = false;
  // One for each call of each file: there is no number of listeners that would be a leak.
  setMaxListeners(0, signal);
  req.once('error', leave).once('close', closed);
  socket.once('close', leave);

  return {
    headers: req.headers,
    contentLength: toLength(req.headers['content-length']),
    signal,
    fail,
    feed: (sink) => feed(req, signal, fail, stallTimeoutMs, sink),
    drain: () =>
      drain(req, () => {
        cut = true;
      }),
    release: () => {
      req.off('close', closed);
      socket.off('close', leave);
      // Counted from the answer, not from the cut: undoing lies between them.
      if (cut) setTimeout(() => req.destroy(), LINGER_MS).unref();
      // `error` keeps its listener: a late one must not crash the process.
    },
  };
}

function feed(
  req: IncomingMessage,
  signal: AbortSignal,
  fail: (reason: unknown) => void,
  stallTimeoutMs: number,
  sink: (chunk: Buffer) => Promise<void> | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stalled = (): void => fail(new ImgwireUploadError('CLIENT_STALLED'));
    let timer = setTimeout(stalled, stallTimeoutMs);
    let held = false;
    const onData = (chunk: Buffer): void => {
      let busy: Promise<void> | undefined;
      try {
        busy = sink(chunk);
      } catch (error) {
        // Thrown into the request's event it would end the process.
        fail(error);
        return;
      }
      if (!busy) {
        timer.refresh();
        return;
      }
      // Not the client is slow now but Imgwire: its deadline runs in the PUT, not here.
      held = true;
      clearTimeout(timer);
      req.pause();
      busy.then(() => {
        held = false;
        if (signal.aborted) return;
        timer = setTimeout(stalled, stallTimeoutMs);
        req.resume();
      }, fail);
    };
    const onEnd = (): void => settle(resolve);
    const onAbort = (): void => settle(() => reject(signal.reason));
    const settle = (answer: () => void): void => {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      if (held || signal.aborted) req.pause();
      answer();
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    req.on('data', onData).once('end', onEnd);
  });
}

function drain(req: IncomingMessage, onCut: () => void): Promise<void> {
  if (req.destroyed || req.readableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    let left = DRAIN.bytes;
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      idle.refresh();
      if (left < 0) cut();
    };
    const cut = (): void => {
      done();
      req.pause();
      onCut();
    };
    const done = (): void => {
      clearTimeout(timer);
      clearTimeout(idle);
      req.off('data', onData).off('end', done).off('close', done);
      resolve();
    };
    const timer = setTimeout(cut, DRAIN.ms);
    // A client that has stopped sending waits for the answer, or is gone.
    const idle = setTimeout(cut, DRAIN.idleMs);
    req.on('data', onData).once('end', done).once('close', done);
    req.resume();
  });
}

const toLength = (header: string | undefined): number | undefined =>
  header !== undefined && /^\d+$/.test(header) ? Number(header) : undefined;
