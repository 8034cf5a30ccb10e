import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { Cancellation } from '../cancellation.ts';
import { onResponseSent, socketOf } from '../client-gone.ts';
import { ImgwireError, type ImgwireErrorCode, isForClient, isImgwireError } from '../errors.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import { formatBytes } from '../options/units.ts';
import { cutOff, DRAIN, drain } from './drain.ts';
import { type RateMonitor, type RateRules, watchRate } from './rate-monitor.ts';
import { bodyOf } from './request-body.ts';

/** What else can abort a request. */
export interface AbortSources {
  /** Aborts the request with its reason, when the server shuts down. */
  readonly shutdown: Cancellation;
  /** The response. If something else sends it first, such as an outer timeout, the request is aborted. */
  readonly res: ServerResponse | undefined;
  /** Called when the request is released. */
  readonly onRelease: () => void;
  /** The code of a body that something in front has made of the request's, and that fails. */
  readonly unreadable: ImgwireErrorCode;
}

/** The limits of a request. */
export interface RequestRules extends RateRules {
  /** The largest body, in bytes. */
  readonly limits: { readonly requestSize: number };
}

/**
 * We join smaller chunks. A chunk costs some 400 bytes of memory besides its own, and a pass through all the steps. A client that
 * sends its body in chunks of one byte (RFC 9112, section 7.1) would use a thousand times the memory of others.
 */
const SMALL_BYTES = 1024;
const MOST_CHUNKS = 256;

/** A read that waits for the next chunk. */
interface Waiting {
  resolve(chunk: Buffer | undefined): void;
  reject(reason: unknown): void;
}

/** Owns the body of a request: one signal for all its work, one way to read it, one way to end it. */
export class BodyReader {
  readonly headers: IncomingHttpHeaders;
  /** The length of the body, in bytes; undefined if it is chunked. */
  readonly contentLength: number | undefined;
  /**
   * Aborts when the request cannot go on. The client disconnects, stalls or is too slow, a response is sent, the server shuts
   * down, or {@link BodyReader.fail} is called.
   */
  readonly signal: Cancellation = new Cancellation();
  /** Aborts all work for this request with a reason. The first one wins. */
  readonly fail: (reason: unknown) => void = this.signal.abort;
  readonly #body: Readable;
  readonly #declared: number | undefined;
  readonly #socket: Socket | undefined;
  readonly #rules: RequestRules;
  readonly #req: IncomingRequest;
  readonly #res: ServerResponse | undefined;
  readonly #shutdown: Cancellation;
  readonly #unreadable: ImgwireErrorCode;
  readonly #cleanups: readonly (() => void)[];
  #rate: RateMonitor | undefined;
  #waiting: Waiting | undefined;
  /** What has arrived and is not delivered yet: small chunks of this turn of the event loop, and what others have read. */
  #chunks: Buffer[] = [];
  #turn: NodeJS.Immediate | undefined;
  #received = 0;
  #ended: boolean = false;
  #isCut: boolean = false;

  /**
   * @param rules of the request
   * @param owners what else can end it
   * @throws ImgwireError `BODY_ALREADY_READ`, `CLIENT_ABORTED`
   */
  constructor(
    req: IncomingRequest,
    rules: RequestRules,
    { shutdown, res, onRelease, unreadable }: AbortSources,
  ) {
    // First: a request that was read to its end is also destroyed.
    const { stream, length, declared, unusable } = bodyOf(req);
    if (req.socket?.destroyed || (stream === req && req.destroyed)) throw new ImgwireError('CLIENT_ABORTED');
    this.headers = req.headers;
    this.contentLength = length;
    this.#declared = declared;
    this.#body = stream;
    this.#socket = socketOf(req);
    this.#rules = rules;
    this.#req = req;
    this.#res = res;
    this.#shutdown = shutdown;
    this.#unreadable = unreadable;
    this.#cleanups = [
      shutdown.onAbort(this.fail),
      onResponseSent(res, this.fail),
      this.signal.onAbort(this.#stop),
      onRelease,
    ];
    // Not `once`, which costs a request two more objects for each: a second event changes nothing.
    stream.on('error', this.#onError).on('close', this.#onClose);
    this.#socket?.on('close', this.#onClientGone);
    // It flows to another listener, and what flows before we read it would be lost to us.
    if (stream.readableFlowing) this.#hold();
    // A stream that is not the request itself may have failed before we got it.
    if (stream.destroyed) this.#onError(stream.errored ?? undefined);
    if (unusable) this.fail(unusable);
    if (declared !== undefined && declared > rules.limits.requestSize) this.fail(tooLarge(rules));
  }

  /** How many bytes of the body were read. */
  received(): number {
    return this.#received;
  }

  /**
   * Returns the next chunk; undefined is the end of a complete body. One call at a time. Until the next call we hold the client
   * up, so it is not to blame.
   *
   * @throws the signal's reason
   */
  readonly read = (): Promise<Buffer | undefined> =>
    new Promise((resolve, reject) => {
      if (this.signal.aborted) return reject(this.signal.reason);
      if (this.#ended && this.#chunks.length === 0) return resolve(undefined);
      if (!this.#rate) this.#start();
      if (this.signal.aborted) return reject(this.signal.reason);
      this.#waiting = { resolve, reject };
      this.#rate?.resume();
      if (this.#chunks.length > 0) this.#deliver();
      else this.#onReadable();
    });

  /** Drains the rest of a rejected body, within bounds, so that the client gets to read the response. */
  async drain(): Promise<void> {
    const left = (this.#declared ?? 0) - this.#received;
    // More is left than we would drain, or it would arrive too slowly.
    this.#isCut =
      left > DRAIN.bytes ||
      tooSlow(this.signal.reason) ||
      !(await drain(this.#body, this.#socket, this.#shutdown)) ||
      !(await this.#drainRequest());
  }

  /** Drains the request too, if the body is a stream that was made of it. */
  async #drainRequest(): Promise<boolean> {
    if (this.#isOwn()) return true;
    const drained = await drain(this.#req, this.#socket, this.#shutdown);
    return drained && (this.#req.readableEnded || this.#req.complete === true);
  }

  /** Releases timers and listeners. */
  release(): void {
    this.#stop();
    this.#body.off('close', this.#onClose);
    this.#socket?.off('close', this.#onClientGone);
    for (const cleanup of this.#cleanups) cleanup();
    // Only now: the rollback runs in between, and the response comes after it.
    if (this.#isCut) cutOff(this.#req, this.#body, this.#res);
    // The `error` listener stays: a late error must not crash the process.
  }

  #start(): void {
    this.#rate = watchRate(this.#rules, this.fail);
    // `authorize`, or another listener, has read its beginning.
    if (this.#body.readableDidRead) this.fail(new ImgwireError('BODY_ALREADY_READ'));
    if (this.signal.aborted) return;
    this.#hold();
    this.#body.on('data', this.#onData).on('end', this.#onEnd);
  }

  /** Stops the flow: from now on only what we read comes. */
  #hold(): void {
    this.#body.off('readable', this.#onReadable).on('readable', this.#onReadable);
  }

  /** What is read comes as `data`, whoever reads it. So others may read too, such as a counter, and nothing is lost to us. */
  readonly #onReadable = (): void => {
    if (this.#waiting) this.#body.read();
  };

  readonly #onData = (chunk: unknown): void => {
    if (types.isUint8Array(chunk)) this.#take(chunk);
    // Text: something has set an encoding, which loses bytes.
    else this.fail(new ImgwireError('BODY_ALREADY_READ'));
  };

  #take(chunk: Uint8Array): void {
    const { buffer, byteOffset, length } = chunk;
    this.#received += length;
    this.#rate?.received(length);
    this.#chunks.push(Buffer.isBuffer(chunk) ? chunk : Buffer.from(buffer, byteOffset, length));
    if (this.#received > this.#rules.limits.requestSize) this.fail(tooLarge(this.#rules));
    if (!this.#waiting) return;
    // Small ones wait, but for no longer than the turn of the event loop in which they arrived.
    if (length < SMALL_BYTES && this.#chunks.length < MOST_CHUNKS) this.#turn ??= setImmediate(this.#deliver);
    else this.#deliver();
  }

  readonly #deliver = (): void => {
    const chunk = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : this.#chunks[0];
    this.#dropChunks();
    // From now on the reader is slow, not the client: the deadline for that is the PUT's.
    this.#rate?.hold();
    this.#settle()?.resolve(chunk);
  };

  #dropChunks(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.#chunks = [];
  }

  readonly #onEnd = (): void => {
    // A stream of HTTP/2 also ends when its client resets it.
    if (this.#hasLeft()) this.#onClientGone();
    if (this.signal.aborted) return;
    this.#ended = true;
    // Small chunks may be waiting; else it is undefined.
    if (this.#waiting) this.#deliver();
    this.#unlisten();
  };

  /** `close` of the request also follows a complete body; `close` of the socket means that the client has disconnected. */
  readonly #onClose = (): void => {
    // Only a server's request has `complete`; any stream has `readableEnded`.
    if (this.#body.readableEnded || (this.#isOwn() && this.#req.complete)) return;
    this.#onError(undefined);
  };

  readonly #onError = (cause: unknown): void => {
    const isGone = isAborted(cause) || (!this.#isOwn() && this.#hasLeft());
    if (isForClient(cause) && !isGone) this.fail(cause);
    // A stream that was made of the body fails for a reason of its own: a decoder, for bytes that it cannot decode.
    else if (isGone || this.#isOwn()) this.fail(this.#cutShort(cause));
    else this.fail(new ImgwireError(this.#unreadable, { cause }));
  };

  /** Whether the body is read from the request itself. */
  #isOwn(): boolean {
    return this.#body === this.#req;
  }

  #hasLeft(): boolean {
    const { aborted, stream } = this.#req as {
      readonly aborted?: boolean;
      readonly stream?: { readonly aborted: boolean };
    };
    // A request whose stream has failed in a `pipeline` is aborted too.
    if (this.#isOwn()) return aborted === true;
    return this.#socket?.destroyed === true || stream?.aborted === true;
  }

  readonly #onClientGone = (): void => this.fail(this.#cutShort());

  /** The error says how much has come, for the log: the client, or a proxy in front of it, gets nothing any more. */
  #cutShort(cause?: unknown): ImgwireError {
    const declared = this.contentLength ?? 0;
    const message =
      this.#received < declared
        ? `The client closed the request after ${this.#received} of the ${declared} bytes that its Content-Length declares.`
        : undefined;
    return new ImgwireError('CLIENT_ABORTED', { message, cause });
  }

  readonly #stop = (reason?: unknown): void => {
    this.#unlisten();
    this.#dropChunks();
    this.#settle()?.reject(reason);
  };

  #unlisten(): void {
    this.#rate?.stop();
    // `data` first: without a listener for `readable` the stream would flow to it.
    this.#body.off('data', this.#onData).off('readable', this.#onReadable).off('end', this.#onEnd);
  }

  #settle(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}

const tooLarge = ({ limits }: RequestRules): ImgwireError =>
  new ImgwireError('LIMIT_REQUEST_SIZE', {
    message: `The request is larger than ${formatBytes(limits.requestSize)}.`,
  });

/** Whether an adapter says that its client is gone. It does not know how much has come. */
const isAborted = (error: unknown): boolean => isImgwireError(error) && error.code === 'CLIENT_ABORTED';

const tooSlow = (reason: unknown): boolean => isImgwireError(reason) && reason.status === 408;
