import type { ClientName } from '../table.ts';
import { axiosWithFormData, axiosWithWebForm } from './axios.ts';
import { curl, curlFromStdin } from './curl.ts';
import * as fetches from './fetch.ts';
import { encode, pipe, submit } from './form-data.ts';
import { ofGot12, ofGot13, ofGot14 } from './got.ts';
import { python } from './python.ts';
import type { Send } from './send.ts';
import { ofSuperagent, ofSupertest } from './superagent.ts';

/** How each client is used. */
export const DRIVERS: Readonly<Record<ClientName, Send>> = {
  'fetch of Node': fetches.ofNode,
  'undici 5': fetches.ofUndici5,
  'undici 6': fetches.ofUndici6,
  'undici 7': fetches.ofUndici7,
  ky: fetches.ofKy,
  'got 12': ofGot12,
  'got 13': ofGot13,
  'got 14': ofGot14,
  'node-fetch 2, form-data': fetches.nodeFetchWithFormData,
  'node-fetch 3': fetches.nodeFetch,
  'axios, FormData': axiosWithWebForm,
  'axios, form-data': axiosWithFormData,
  superagent: ofSuperagent,
  supertest: ofSupertest,
  'form-data, submit()': submit,
  'form-data, pipe()': pipe,
  'form-data-encoder': encode,
  curl: curl(),
  'curl, chunked': curl('--header', 'Transfer-Encoding: chunked'),
  'curl, the file from stdin': curlFromStdin,
  'curl, Expect: 100-continue': curl('--header', 'Expect: 100-continue'),
  'curl, HTTP/1.0': curl('--http1.0'),
  'curl, HTTP/2': curl('--http2-prior-knowledge'),
  'requests (Python)': python('send_requests.py'),
  'httpx (Python)': python('send_httpx.py'),
  'aiohttp (Python)': python('send_aiohttp.py'),
};
