import { whenAborted } from '../cancellation.ts';
import { isImgwireError } from '../errors.ts';
import { startTimeout } from '../timeout.ts';
import { timeoutError } from './deadline.ts';
import type { HttpRequest, HttpResponse } from './http-request.ts';
import { connectionError, markUnsent } from './upstream-error.ts';

/** No API response comes near this; a longer error page of a store or proxy is truncated. */
const MAX_RESPONSE_BYTES = 1024 * 1024;

type Headers = Readonly<Record<string, string | string[] | undefined>>;
/** The connection that undici makes a request on. */
interface Controller {
  abort(reason: unknown): void;
}

/**
 * Follows one request through undici, and settles once: a class, because undici calls methods of an object.
 *
 * A response is bounded in size and time: a server that trickles must not hold an upload forever.
 */
export class ResponseHandler {
  readonly #request: HttpRequest;
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: unknown) => void;
  readonly #removeListener: () => void;
  #controller: Controller | undefined;
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
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#removeListener = whenAborted(request.signal, (reason) => this.#cancel(reason));
    this.#cancelAfter(request.timeoutMs);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#cancelled) controller.abort(this.#cancelled.reason);
  }

  onResponseStart(_controller: unknown, status: number, headers: Headers): void {
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
    this.#fail(connectionError(this.#request.call, error));
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

  /** Gives up, also where undici has not begun. */
  #cancel(reason: unknown): void {
    this.#cancelled = { reason };
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  #cancelAfter(ms: number | undefined): void {
    if (ms !== undefined) this.#stopTimeout = startTimeout(ms, () => this.#cancel(timeoutError(ms)));
  }

  #isDiscarded(): boolean {
    return this.#request.discardBody === true && this.#status < 300;
  }

  #respond(): void {
    const headers = this.#headers;
    this.#resolve({
      status: this.#status,
      header: (name) => [headers[name]].flat()[0],
      body: Buffer.concat(this.#chunks).toString('utf8'),
    });
  }

  #fail(error: unknown): void {
    this.#release();
    // undici starts a request only on a connection that it has made: without one nothing was sent, whatever failed.
    this.#reject(this.#controller || !isImgwireError(error) ? error : markUnsent(error));
  }

  #release(): void {
    this.#stopTimeout?.();
    this.#removeListener();
  }
}
