import { whenAborted } from '../cancellation.ts';
import { isImgwireError } from '../errors.ts';
import { startTimeout } from '../timeout.ts';
import type { ConnectionAge } from './connections-ahead.ts';
import { timeoutError } from './deadline.ts';
import type { HttpRequest, HttpResponse } from './http-request.ts';
import { connectionError, markSentTwice, markStale, markUnsent } from './upstream-error.ts';

/** No API response comes near this; a longer error page of a store or proxy is truncated. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

type Headers = Readonly<Record<string, string | string[] | undefined>>;
/** The connection that undici makes a request on. */
interface Controller {
  abort(reason: unknown): void;
}

/** What is known of our own connections. Those of a user's dispatcher are its own affair. */
export interface OwnConnections {
  /** A request to the origin begins. */
  begun(origin: string): void;
  /** A request to the origin has ended. */
  ended(origin: string): void;
  /** Returns the age of the connection on which undici starts a request at this moment. */
  starting(): ConnectionAge;
  /** Sends a request once more, over a new connection. */
  sendAgain(request: HttpRequest, handler: ResponseHandler): void;
  /** A request got no response on a connection that was opened ahead. */
  distrust(origin: string): void;
}

// The server had closed the connection, or its network had forgotten it: a FIN, a RST, and a write after either.
const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);
const SILENT = 'UND_ERR_HEADERS_TIMEOUT';

/**
 * Follows one request through undici, and settles once: a class, because undici calls methods of an object.
 *
 * A response is bounded in size and time: a server that trickles must not hold an upload forever.
 *
 * A server may close an idle connection while a request is on its way to it. So a request whose connection is closed before any
 * response, and is not new, gets a second try on a new one, as in Go's `http.Transport`. It is not known whether the server has
 * processed the first: a server that fails while it processes a request looks the same. So that is only for what may be sent
 * twice: PUT, GET, DELETE, and a POST with an idempotency key. A token, a download job or a bulk delete has none: `maxAttempts`
 * decides about it. What undici had not begun to send when the connection was reset is repeated, whatever it is.
 */
export class ResponseHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #removeListener: () => void;
  readonly #connections: OwnConnections | undefined;
  #age: ConnectionAge = 'new';
  #controller: Controller | undefined;
  #wasSent: boolean = false;
  #isSecond: boolean = false;
  #wasSentTwice: boolean = false;
  #hasResponse: boolean = false;
  #hasEnded: boolean = false;
  #stopTimeout: (() => void) | undefined;
  /** Why the request is cancelled, possibly before it has a connection. */
  #cancelled: { readonly reason: unknown } | undefined;
  #status = 0;
  #headers: Headers = {};
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(
    request: HttpRequest,
    resolve: (response: HttpResponse) => void,
    reject: (error: unknown) => void,
    connections?: OwnConnections,
  ) {
    this.#request = request;
    this.#connections = connections;
    connections?.begun(request.origin);
    this.#resolve = resolve;
    this.#reject = reject;
    this.#removeListener = whenAborted(request.signal, (reason) => this.#cancel(reason));
    this.#cancelAfter(request.timeoutMs);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#wasSent = true;
    this.#age = this.#connections?.starting() ?? 'new';
    if (this.#cancelled) controller.abort(this.#cancelled.reason);
  }

  onResponseStart(_controller: unknown, status: number, headers: Headers): void {
    this.#hasResponse = true;
    // A 1xx response precedes the one that counts.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    // The rest is read only so that the connection can be reused.
    if (this.#isDiscarded()) this.#respond();
  }

  onResponseData(_controller: unknown, chunk: Uint8Array): void {
    // undici's own timeout is for silence.
    if (!this.#stopTimeout) this.#cancelAfter(this.#request.idleTimeoutMs);
    this.#size += chunk.length;
    if (this.#size > MAX_RESPONSE_BYTES) {
      this.#respond();
      this.#cancel(new Error('The response is too long'));
    } else if (!this.#isDiscarded()) {
      this.#chunks.push(chunk);
    }
  }

  onResponseEnd(): void {
    if (!this.#isDiscarded()) this.#respond();
    this.#release();
  }

  onResponseError(_controller: unknown, error: unknown): void {
    const failure = connectionError(this.#request.call, error);
    const { code } = Object(error) as { readonly code?: unknown };
    if (code === SILENT) this.#onSilent();
    // It has waited for an idle connection, or for one that is being made.
    if (!this.#wasSent) this.#age = this.#connections?.starting() ?? 'new';
    if (!CLOSED.has(String(code)) || !this.#mayBeStale()) this.#fail(failure);
    else if (!this.#wasSent || this.#canRepeat()) this.#repeat();
    else this.#fail(this.#isStream() ? markStale(failure) : failure);
  }

  // undici 6, and the undici inside Node 20 and 22, call the same five by other names.

  onConnect(abort: (reason: unknown) => void): void {
    this.onRequestStart({ abort });
  }

  onHeaders(status: number, raw: readonly Uint8Array[]): boolean {
    const texts = raw.map((bytes) => Buffer.from(bytes).toString('latin1'));
    const pairs = texts.flatMap((name, i) => (i % 2 ? [] : [[name.toLowerCase(), texts[i + 1]] as const]));
    this.onResponseStart(undefined, status, Object.fromEntries(pairs));
    return true;
  }

  onData(chunk: Uint8Array): boolean {
    this.onResponseData(undefined, chunk);
    return true;
  }

  onComplete(): void {
    this.onResponseEnd();
  }

  onError(error: unknown): void {
    this.onResponseError(undefined, error);
  }

  #mayBeStale(): boolean {
    return this.#age !== 'new' && !this.#hasResponse && !this.#isSecond && !this.#cancelled;
  }

  /** A stream has been read, and what has its bytes sends it again: see {@link markStale}. */
  #isStream(): boolean {
    const { body } = this.#request;
    return typeof body === 'object' && Symbol.asyncIterator in body;
  }

  #canRepeat(): boolean {
    return this.#request.isIdempotent !== false && !this.#isStream();
  }

  #repeat(): void {
    this.#isSecond = true;
    this.#wasSentTwice = this.#wasSent;
    this.#controller = undefined;
    this.#connections?.sendAgain(this.#request, this);
  }

  #onSilent(): void {
    if (this.#age === 'opened ahead' && !this.#hasResponse) this.#connections?.distrust(this.#request.origin);
  }

  /** Gives up, also where undici has not begun. */
  #cancel(reason: unknown): void {
    this.#cancelled = { reason };
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  #cancelAfter(ms: number | undefined): void {
    if (ms === undefined) return;
    this.#stopTimeout = startTimeout(ms, () => {
      this.#onSilent();
      this.#cancel(timeoutError(ms));
    });
  }

  #isDiscarded(): boolean {
    return this.#request.discardBody === true && this.#status < 300;
  }

  #respond(): void {
    const headers = this.#headers;
    this.#resolve({
      status: this.#status,
      wasSentTwice: this.#wasSentTwice,
      header: (name) => [headers[name]].flat()[0],
      body: Buffer.concat(this.#chunks).toString('utf8'),
    });
  }

  #fail(error: unknown): void {
    this.#release();
    if (!isImgwireError(error)) this.#reject(error);
    else if (this.#wasSentTwice) this.#reject(markSentTwice(error));
    // undici starts a request only on a connection that it has made: without one nothing was sent, whatever failed.
    else this.#reject(this.#wasSent ? error : markUnsent(error));
  }

  #release(): void {
    if (!this.#hasEnded) this.#connections?.ended(this.#request.origin);
    this.#hasEnded = true;
    this.#stopTimeout?.();
    this.#removeListener();
  }
}
