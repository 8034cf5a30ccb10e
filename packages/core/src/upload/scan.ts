import type { Signal } from '../cancellation.ts';
import { ImgwireError, isForClient } from '../errors.ts';
import { kindOf } from '../rules/authorize.ts';
import type { FileInfo } from '../rules/rules.ts';
import { withDeadline } from '../service/deadline.ts';

/** Scans a file while it streams, see `UploadRules.scan`. */
export type ScanFile = (bytes: AsyncIterable<Uint8Array>, info: Omit<FileInfo, 'fields'>) => unknown;

/**
 * Hands the bytes of a file to the user's `scan` while they stream, and awaits its verdict before the last ones are sent. At most
 * one chunk waits for the scan, so its pace is that of the upload. A class: a closure would hold as many variables.
 */
export class Scan {
  readonly #scan: ScanFile;
  readonly #timeoutMs: number;
  readonly #signal: Signal;
  /** The chunk that the scan has not taken yet. */
  #chunk: Uint8Array | undefined;
  #onTaken: (() => void) | undefined;
  /** The reads that wait for a chunk. */
  readonly #reads: Read[] = [];
  #hasEnded: boolean = false;
  /** Whether the scan takes no more: it has left its loop, or has settled. */
  #hasLeft: boolean = false;
  /** Whether bytes were passed after that. */
  #hasMissed: boolean = false;
  /** Whether the scan has ended its loop itself. */
  #hasReturned: boolean = false;
  #closed: { readonly reason: unknown } | undefined;
  #failed: { readonly error: unknown } | undefined;
  #verdict: Promise<void> | undefined;
  #ending: Promise<void> | undefined;

  /**
   * @param timeoutMs how long it may take nothing, and how long its verdict may take after the last byte, in milliseconds
   * @param signal aborts the upload
   */
  constructor(scan: ScanFile, timeoutMs: number, signal: Signal) {
    this.#scan = scan;
    this.#timeoutMs = timeoutMs;
    this.#signal = signal;
  }

  /** Starts the scan of a file that is accepted as an image so far. */
  start(info: Omit<FileInfo, 'fields'>): void {
    const scan = async (): Promise<void> => assertPassed(await this.#scan(this.#bytes(), info));
    const leave = (): void => {
      this.#hasLeft = true;
      this.#onTaken?.();
    };
    this.#verdict = scan().then(leave, (cause: unknown) => {
      const error = isForClient(cause) ? cause : new ImgwireError('SCAN_FAILED', { cause });
      this.#failed = { error };
      leave();
      throw error;
    });
    // Whoever passes the next bytes is told.
    this.#verdict.catch(() => undefined);
  }

  /**
   * Hands over the next chunk. The promise, if any, resolves when there is room for it.
   *
   * @throws ImgwireError `SCAN_REFUSED`, `SCAN_FAILED`; an error of the scan with a 4xx status; the signal's reason
   */
  pass(chunk: Uint8Array): Promise<void> | undefined {
    this.#assertNotFailed();
    if (this.#hasLeft) this.#hasMissed = true;
    if (this.#hasLeft) return undefined;
    if (this.#chunk)
      return this.#inTime(() => new Promise<void>(this.#untilTaken)).then(() => this.pass(chunk));
    this.#chunk = chunk;
    this.#serve();
    return undefined;
  }

  /** All bytes were passed. Resolves if the scan lets the file through. @throws as {@link Scan.pass} */
  end(): Promise<void> {
    this.#hasEnded = true;
    this.#serve();
    this.#ending ??= this.#inTime(async () => this.#verdict);
    return this.#ending;
  }

  /** The upload has ended: what the scan still reads fails, so that it ends too. */
  close(): void {
    this.#closed = { reason: this.#signal.reason ?? new Error('The upload of this file has ended.') };
    this.#serve();
  }

  /** What has failed in the scan, instead of what followed from it: a transport wraps errors of the body that it sends. */
  causeOf(error: unknown): unknown {
    return this.#failed ? this.#failed.error : error;
  }

  readonly #untilTaken = (resolve: () => void): void => {
    this.#onTaken = resolve;
  };

  /** What was not passed in time is missing for good: a retry of the PUT must fail too, instead of going on behind it. */
  #inTime(call: () => Promise<void>): Promise<void> {
    return withDeadline(this.#timeoutMs, this.#signal, call, 'SCAN_FAILED').catch((error: unknown) => {
      this.#failed ??= { error };
      throw error;
    });
  }

  #assertNotFailed(): void {
    if (this.#failed) throw this.#failed.error;
  }

  /** What the scan reads. Not a generator, which takes three promises more for each chunk. */
  #bytes(): AsyncIterableIterator<Uint8Array, undefined> {
    const bytes: AsyncIterableIterator<Uint8Array, undefined> = {
      next: () =>
        new Promise((resolve, reject) => {
          this.#reads.push({ resolve, reject });
          this.#serve();
        }),
      return: () => {
        this.#hasReturned = this.#hasLeft = true;
        this.#chunk = undefined;
        this.#onTaken?.();
        this.#serve();
        return Promise.resolve(END);
      },
      [Symbol.asyncIterator]: () => bytes,
    };
    return bytes;
  }

  /** Settles the reads that can be settled, in their order. */
  #serve(): void {
    for (let read = this.#reads[0]; read; read = this.#reads[0]) {
      const chunk = this.#chunk;
      const isOver = this.#hasReturned || this.#hasMissed || this.#closed || this.#hasEnded;
      if (!(chunk || isOver)) return;
      this.#reads.shift();
      if (chunk) {
        this.#chunk = undefined;
        read.resolve({ done: false, value: chunk });
        this.#onTaken?.();
      } else if (this.#hasReturned) read.resolve(END);
      // Whatever reads on after the scan has returned would take an end for that of the file.
      else if (this.#hasMissed) read.reject(new Error(READ_ON));
      else if (this.#closed) read.reject(this.#closed.reason);
      else read.resolve(END);
    }
  }
}

/** A read that waits. */
interface Read {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(reason: unknown): void;
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
const READ_ON = 'scan has returned before it has read all bytes: await what reads them, then return.';

/** Longest reason that a client is told, in characters. */
const REASON_CHARACTERS = 200;

/**
 * Only `true` lets a file through: a scan that forgets to return must fail closed, as `authorize` does.
 *
 * @throws ImgwireError `SCAN_REFUSED`, whose `cause` names the type of a verdict that is neither a boolean nor a reason
 */
function assertPassed(verdict: unknown): void {
  if (verdict === true) return;
  const reason = typeof verdict === 'string' ? verdict.trim().slice(0, REASON_CHARACTERS) : '';
  if (reason) throw new ImgwireError('SCAN_REFUSED', { message: reason });
  const message = `scan returned ${kindOf(verdict)}: it must return true, false or a reason, and only true lets a file through.`;
  throw new ImgwireError('SCAN_REFUSED', verdict === false ? {} : { cause: new TypeError(message) });
}
