import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Call } from '../http/call.ts';
import { domainError, HttpError, notFound, validationError } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { CreateBody, ImageEntry } from '../image-record.ts';
import { wireImage } from '../service.ts';
import { addEntry, findByKey, METADATA_FIELDS } from './create.ts';
import { removeEntry } from './images.ts';

const MAX_SOURCE_BYTES = 100 * 1024 * 1024;
const SOURCE_TIMEOUT_MS = 30_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 20;

/** Uploads via URL: the service fetches the bytes itself. */
export const UPLOAD_VIA_URL_ROUTES: readonly Route[] = [
  {
    name: 'upload_via_url',
    method: 'POST',
    path: '/api/v1/images/upload_via_url',
    access: 'server',
    body: {
      url: { type: 'url', required: true },
      file_name: { type: 'string', min: 1, nullable: true },
      ...METADATA_FIELDS,
    },
    handle: uploadViaUrl,
  },
];

/**
 * The source is fetched before the response. It is not documented whether the service does so. Local addresses are allowed: tests
 * serve their images from one.
 */
async function uploadViaUrl(call: Call): Promise<HttpResponse> {
  const body = call.body as CreateBody & { url: string };
  const source = new URL(body.url);
  if (source.protocol !== 'http:' && source.protocol !== 'https:') {
    throw validationError([
      { loc: ['body', 'url'], msg: 'URL scheme should be http or https', type: 'url_scheme' },
    ]);
  }
  const known = findByKey(call, body);
  if (known) return json(wireImage(call.service, known));
  const fileName = body.file_name ?? lastSegment(source);
  const entry = await addEntry(call, { ...body, file_name: fileName });
  try {
    await fetchBytes(call, source, entry);
  } catch (error) {
    await removeEntry(call, entry);
    throw error;
  }
  return json(wireImage(call.service, call.service.state.images.get(entry.record.id) ?? entry));
}

function lastSegment(url: URL): string {
  return url.pathname.split('/').at(-1) || 'upload';
}

async function fetchBytes(call: Call, source: URL, entry: ImageEntry): Promise<void> {
  const { state, lifecycle } = call.service;
  const { discard, ...stored } = await state.bytes.receive(entry.record.id, sourceBytes(source));
  const examined = await lifecycle.examine(stored);
  if (state.images.get(entry.record.id)) return lifecycle.arrive(entry, stored, examined);
  // Deleted while the source was still sending.
  await discard();
  throw notFound();
}

/**
 * @throws HttpError 400 if the source does not respond with bytes, or breaks off; 413 above 100 MiB. What the service does then is
 *   unknown, but its contract has no 5xx for it
 */
async function* sourceBytes(source: URL): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  try {
    const response = await get(source.href, AbortSignal.timeout(SOURCE_TIMEOUT_MS));
    if (response.statusCode !== 200) return unreachable(response);
    for await (const chunk of response as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_SOURCE_BYTES) {
        throw domainError(413, 'RequestError', 'An image that is uploaded by URL may have 100 MiB at most.');
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof HttpError) throw error;
    unreachable();
  }
}

/** Over Node's client: in a test environment `fetch` may be that of a simulated browser, which enforces CORS. */
async function get(url: string, signal: AbortSignal, redirects = 0): Promise<IncomingMessage> {
  const request = url.startsWith('https:') ? https.get(url, { signal }) : http.get(url, { signal });
  // `once` listens until the response begins. Later errors are those of the body, and its reader gets them.
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const { location } = response.headers;
  if (!REDIRECTS.has(response.statusCode ?? 0) || !location || redirects === MOST_REDIRECTS) return response;
  response.destroy();
  return get(new URL(location, url).href, signal, redirects + 1);
}

function unreachable(response?: IncomingMessage): never {
  response?.destroy();
  throw domainError(400, 'RequestError', 'The URL did not answer with an image.');
}
