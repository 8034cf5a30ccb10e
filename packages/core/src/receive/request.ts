import { AsyncResource } from 'node:async_hooks';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { openAbort } from '../base/across-realms.ts';
import { inBytes } from '../base/amounts.ts';
import { ImgwireUploadError, isImgwireUploadError } from '../base/errors.ts';
import type { IncomingRequest } from '../base/incoming-request.ts';
import { socketOf } from '../base/socket-of.ts';
import { whenAnswered } from '../base/when-answered.ts';
import { whenAborted } from '../service/deadline.ts';
import { joinChunks } from './join-chunks.ts';
import { type PaceRules, watchPace } from './pace.ts';
import { bodyOf } from './request-body.ts';

/** A request whose body we receive: one signal for all its work, one way to read it, one way to end it. */
export interface OpenRequest {
  readonly headers: IncomingHttpHeaders;
  /** The length of the body, bytes; undefined when it is chunked. */
  readonly contentLength: number | undefined;
  /** Bytes of the body that have arrived. */
  received(): number;
  /**
   * Aborts when the client disconnects, stalls or is too slow, when a response is sent, when the server shuts down, or by
   * {@link OpenRequest.fail}.
   */
  readonly signal: AbortSignal;
  /** Aborts all work for this request with `reason`. The first reason wins. */
  fail(reason: unknown): void;
  /**
   * Feeds the body to `sink`, one chunk at a time; while `sink`'s promise is pending the request is paused. Resolves at
   * the end of a complete body, rejects with the signal's reason.
   */
  feed(sink: (chunk: Buffer) => Promise<unknown> | undefined): Promise<void>;
  /** Drains the rest of a rejected body, within bounds, so that the client gets to read the response. */
  drain(): Promise<void>;
  /** Releases timers and listeners. */
  release(): void;
}

/** What else can end a request. */
export interface RequestOwners {
  /** Aborts the request with its reason. */
  readonly closing: AbortSignal;
  /** The response. If somebody else sends it first, such as an outer timeout, the request ends. */
  readonly res: ServerResponse | undefined;
}

/** Limits of a request. */
export interface RequestRules extends PaceRules {
  /** Largest body, bytes. */
  readonly limits: { readonly requestSize: number };
}

/**
 * How much of a rejected body is drained before the response. Browsers and proxies whose connection is closed while they send
 * report a network error instead of the response; a client that goes on for gigabytes gets the response, and is cut off.
 */
const DRAIN = { bytes: 64 * 1024 * 1024, ms: 10_000, idleMs: 1_000 };
/** For the response to reach a client before it is cut off; nginx calls this lingering_close. */
const LINGER_MS = 2_000;

/**
 * Takes ownership of a request's body.
 *
 * @throws ImgwireUploadError `BODY_ALREADY_READ`, `CLIENT_ABORTED`
 */
export function openRequest(
  req: IncomingRequest,
  rules: RequestRules,
  { closing, res }: RequestOwners,
): OpenRequest {
  // First: a request that was read to its end is also destroyed.
  const { stream: body, length: contentLength } = bodyOf(req);
  if (body.destroyed || req.socket?.destroyed) throw new ImgwireUploadError('CLIENT_ABORTED');
  const { requestSize } = rules.limits;
  const controller = openAbort();
  const { signal } = controller;
  const fail = (reason: unknown): void => controller.abort(reason);
  const leave = (): void => fail(new ImgwireUploadError('CLIENT_ABORTED'));
  // `close` of the request also follows a complete body; `close` of the socket means that the client has disconnected while
  // it waits for its response. Only a server's request has `complete`; any stream has `readableEnded`.
  const closed = (): void => {
    if (!(req.complete || body.readableEnded)) leave();
  };
  const socket = socketOf(req);
  let received = 0;
  let cut = false;
  body.once('error', leave).once('close', closed);
  socket?.once('close', leave);
  const cleanups = [whenAborted(closing, fail), whenAnswered(res, fail)];
  const tooLarge = (): ImgwireUploadError =>
    new ImgwireUploadError('LIMIT_REQUEST_SIZE', {
      message: `The request is larger than ${inBytes(requestSize)}.`,
    });
  if (contentLength !== undefined && contentLength > requestSize) fail(tooLarge());

  return {
    headers: req.headers,
    contentLength,
    received: () => received,
    signal,
    fail,
    feed: (sink) => {
      const counted = (chunk: Buffer): Promise<unknown> | undefined => {
        received += chunk.length;
        if (received > requestSize) throw tooLarge();
        return sink(chunk);
      };
      // The events of a request are emitted in the async context of its connection: without this, a user's
      // AsyncLocalStorage would be empty in `metadata`.
      const context = new AsyncResource('ImgwireRequest');
      return feed(body, signal, fail, rules, (chunk) => context.runInAsyncScope(counted, undefined, chunk));
    },
    drain: () => {
      const cutOff = (): void => {
        cut = true;
      };
      // More is left than would be drained, or it would arrive too slowly.
      if ((contentLength ?? 0) - received > DRAIN.bytes || tooSlow(signal.reason)) cutOff();
      return cut ? Promise.resolve() : drain(body, socket, cutOff);
    },
    release: () => {
      body.off('close', closed);
      socket?.off('close', leave);
      for (const cleanup of cleanups) cleanup();
      // Counted from the response, not from the cut: the undo runs in between.
      if (cut) setTimeout(() => body.destroy(), LINGER_MS).unref();
      // The `error` listener stays: a late error must not crash the process.
    },
  };
}

function feed(
  req: Readable,
  signal: AbortSignal,
  fail: (reason: unknown) => void,
  rules: PaceRules,
  sink: (chunk: Buffer) => Promise<unknown> | undefined,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const pace = watchPace(rules, fail);
    let held = false;
    let settled = false;
    const pass = (chunk: Buffer): void => {
      let busy: Promise<unknown> | undefined;
      try {
        busy = sink(chunk);
      } catch (error) {
        // Thrown from the request's event it would crash the process.
        fail(error);
        return;
      }
      if (!busy) return;
      // Now Imgwire is slow, not the client: the deadline for that is the PUT's.
      held = true;
      pace.hold();
      req.pause();
      busy.then(() => {
        held = false;
        // A body can end while its last chunk is held: then nothing more is expected from the client.
        if (settled) return;
        pace.resume();
        req.resume();
      }, fail);
    };
    const chunks = joinChunks(pass);
    const onData = (chunk: Buffer): void => {
      pace.received(chunk.length);
      chunks.add(chunk);
    };
    const onEnd = (): void => {
      chunks.flush();
      settle(resolve);
    };
    const onAbort = (): void => settle(() => reject(signal.reason));
    const settle = (answer: () => void): void => {
      settled = true;
      pace.stop();
      chunks.drop();
      req.off('data', onData).off('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      if (held || signal.aborted) req.pause();
      answer();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    req.on('data', onData).once('end', onEnd);
  });
}

function drain(body: Readable, socket: Socket | undefined, onCut: () => void): Promise<void> {
  if (body.destroyed || body.readableEnded || socket?.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    let left = DRAIN.bytes;
    const onData = (chunk: Buffer): void => {
      left -= chunk.length;
      idle.refresh();
      if (left < 0) cut();
    };
    const cut = (): void => {
      done();
      body.pause();
      onCut();
    };
    const done = (): void => {
      clearTimeout(timer);
      clearTimeout(idle);
      body.off('data', onData).off('end', done).off('close', done);
      socket?.off('close', done);
      resolve();
    };
    const timer = setTimeout(cut, DRAIN.ms);
    // A client that has stopped sending waits for the response, or is gone.
    const idle = setTimeout(cut, DRAIN.idleMs);
    body.on('data', onData).once('end', done).once('close', done);
    // Once the response is sent, Node no longer reports the connection's close on the request.
    socket?.once('close', done);
    body.resume();
  });
}

const tooSlow = (reason: unknown): boolean => isImgwireUploadError(reason) && reason.status === 408;
