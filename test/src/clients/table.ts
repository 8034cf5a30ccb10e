import type { LengthSource } from '@imgwire/express';

/** What a client sends, as far as it decides about its uploads. */
export interface Client {
  readonly name: string;
  /** Whether a form with a large file says how long it is. */
  readonly body: 'Content-Length' | 'chunked';
  /** What stands behind the last boundary. */
  readonly end: '' | '\r\n' | '\r\n\r\n';
  /** Its boundary does not tell its end, which differs from the usual one. */
  readonly untold?: true;
  /** It speaks HTTP/2, and cannot speak to a server that does not. */
  readonly http2?: true;
  /** It cannot send two files under one name. */
  readonly uniqueNames?: true;
  /** Its forms are those of the undici that Node has inside. */
  readonly ofNode?: true;
}

const NONE = '';
const ONE = '\r\n';
const TWO = '\r\n\r\n';
const LENGTH = 'Content-Length';

/** The clients that `npm run test:clients` sends forms with. It fails when one of them sends anything else. */
export const CLIENTS = [
  { name: 'fetch of Node', body: LENGTH, end: ONE, ofNode: true },
  { name: 'undici 5', body: LENGTH, end: NONE, untold: true },
  { name: 'undici 6', body: LENGTH, end: ONE },
  { name: 'undici 7', body: LENGTH, end: ONE },
  { name: 'ky', body: LENGTH, end: ONE, ofNode: true },
  { name: 'got 12', body: LENGTH, end: TWO },
  { name: 'got 13', body: LENGTH, end: TWO },
  { name: 'got 14', body: LENGTH, end: TWO },
  { name: 'node-fetch 2, form-data', body: LENGTH, end: ONE },
  { name: 'node-fetch 3', body: LENGTH, end: NONE },
  { name: 'axios, FormData', body: LENGTH, end: ONE },
  { name: 'axios, form-data', body: LENGTH, end: ONE },
  { name: 'superagent', body: LENGTH, end: ONE },
  { name: 'supertest', body: LENGTH, end: ONE },
  { name: 'form-data, submit()', body: LENGTH, end: ONE },
  { name: 'form-data, pipe()', body: 'chunked', end: ONE },
  { name: 'form-data-encoder', body: LENGTH, end: TWO },
  { name: 'curl', body: LENGTH, end: ONE },
  { name: 'curl, chunked', body: 'chunked', end: ONE },
  { name: 'curl, the file from stdin', body: LENGTH, end: ONE },
  { name: 'curl, Expect: 100-continue', body: LENGTH, end: ONE },
  { name: 'curl, HTTP/1.0', body: LENGTH, end: ONE },
  { name: 'curl, HTTP/2', body: LENGTH, end: ONE, http2: true },
  { name: 'requests (Python)', body: LENGTH, end: ONE },
  { name: 'httpx (Python)', body: LENGTH, end: ONE },
  { name: 'aiohttp (Python)', body: LENGTH, end: ONE },
  { name: 'OkHttp (Java, Android)', body: LENGTH, end: ONE },
  { name: 'OkHttp, a stream', body: 'chunked', end: ONE },
  { name: 'OkHttp, HTTP/2', body: LENGTH, end: ONE, http2: true },
  { name: 'Apache HttpClient 4 (Java)', body: LENGTH, end: ONE },
  { name: 'Apache HttpClient 4, a stream', body: 'chunked', end: ONE },
  { name: 'Apache HttpClient 5 (Java)', body: LENGTH, end: ONE },
  { name: 'Apache HttpClient 5, a stream', body: 'chunked', end: ONE },
  { name: 'net/http (Go)', body: LENGTH, end: ONE },
  { name: 'net/http (Go), a pipe', body: 'chunked', end: ONE },
  { name: 'curl (PHP)', body: LENGTH, end: ONE, uniqueNames: true },
  { name: 'Guzzle (PHP)', body: LENGTH, end: ONE },
  { name: 'Symfony HttpClient (PHP)', body: 'chunked', end: ONE },
  { name: 'Net::HTTP (Ruby)', body: LENGTH, end: ONE },
  { name: 'Net::HTTP (Ruby), chunked', body: 'chunked', end: ONE },
  { name: 'Faraday (Ruby)', body: LENGTH, end: TWO, untold: true },
  { name: 'HTTP.rb (Ruby)', body: LENGTH, end: ONE },
  { name: 'rest-client (Ruby)', body: LENGTH, end: ONE },
  { name: 'LWP (Perl)', body: LENGTH, end: ONE },
  { name: 'LWP (Perl), dynamic', body: LENGTH, end: ONE },
] as const satisfies readonly Client[];

/** The name of a client. */
export type ClientName = (typeof CLIENTS)[number]['name'];

/** How a large file that a client sends last finds its length; undefined when it is refused with `LENGTH_REQUIRED`. */
export function lengthSourceOf({ body, untold }: Client, replay: boolean): LengthSource | undefined {
  if (body === 'Content-Length' && !untold) return 'computed';
  if (!replay) return undefined;
  return untold ? 'replay' : 'spool';
}
