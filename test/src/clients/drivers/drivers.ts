import type { ClientName } from '../table.ts';
import { axiosWithFormData, axiosWithWebForm } from './axios.ts';
import { curl, curlFromStdin } from './curl.ts';
import * as fetches from './fetch.ts';
import { encode, pipe, submit } from './form-data.ts';
import { ofGot12, ofGot13, ofGot14 } from './got.ts';
import { go, java, script } from './languages.ts';
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
  'requests (Python)': script('python', 'send_requests.py'),
  'httpx (Python)': script('python', 'send_httpx.py'),
  'aiohttp (Python)': script('python', 'send_aiohttp.py'),
  'OkHttp (Java, Android)': java('SendOkHttp'),
  'OkHttp, a stream': java('SendOkHttp', 'stream'),
  'OkHttp, HTTP/2': java('SendOkHttp', 'http2'),
  'Apache HttpClient 4 (Java)': java('SendHttpClient4'),
  'Apache HttpClient 4, a stream': java('SendHttpClient4', 'stream'),
  'Apache HttpClient 5 (Java)': java('SendHttpClient5'),
  'Apache HttpClient 5, a stream': java('SendHttpClient5', 'stream'),
  'net/http (Go)': go(),
  'net/http (Go), a pipe': go('pipe'),
  'curl (PHP)': script('php', 'send_curl.php'),
  'Guzzle (PHP)': script('php', 'send_guzzle.php'),
  'Symfony HttpClient (PHP)': script('php', 'send_symfony.php'),
  'Net::HTTP (Ruby)': script('ruby', 'send_net_http.rb'),
  'Net::HTTP (Ruby), chunked': script('ruby', 'send_net_http.rb', 'chunked'),
  'Faraday (Ruby)': script('ruby', 'send_faraday.rb'),
  'HTTP.rb (Ruby)': script('ruby', 'send_http_rb.rb'),
  'rest-client (Ruby)': script('ruby', 'send_rest_client.rb'),
  'LWP (Perl)': script('perl', 'send_lwp.pl'),
  'LWP (Perl), dynamic': script('perl', 'send_lwp.pl', 'dynamic'),
};
