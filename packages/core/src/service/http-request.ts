import type { Signal } from '../cancellation.ts';

/** One HTTP request to Imgwire or its object storage. */
export interface HttpRequest {
  /** For error messages: method and path, no query. */
  readonly call: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Where to: `https://api.imgwire.dev`. */
  readonly origin: string;
  /** With its query, if it has one. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array> | undefined;
  /** How long it may take, from the connect to the end of the response, in milliseconds. @default none */
  readonly timeoutMs?: number;
  /** How long it may go without progress, in milliseconds: while it sends, waits for the response, and reads it. @default none */
  readonly idleTimeoutMs?: number;
  /** Whether to discard the body of a 2xx. @default false */
  readonly discardBody?: boolean;
  /** Which connection it needs: one of its own, or one that was in use within the last second. @default any */
  readonly connection?: 'new' | 'fresh' | undefined;
  /** Whether sending it twice does what sending it once does (RFC 9110, section 9.2.2). @default true */
  readonly isIdempotent?: boolean | undefined;
  readonly signal?: Signal | undefined;
}

/** A complete response; `body` is its text. */
export interface HttpResponse {
  readonly status: number;
  /** Whether the request was sent twice: the service may have processed the first. */
  readonly wasSentTwice: boolean;
  header(name: string): string | undefined;
  readonly body: string;
}
