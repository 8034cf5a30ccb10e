import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { parseTransformations } from '@imgwire/core';
import { readPreset } from '../deliver/presets.ts';
import { notApplied, type Rendered, render } from '../deliver/render.ts';
import { loadSharp } from '../deliver/sharp.ts';
import type { ParsedTransformations } from '../deliver/transformations.ts';
import { type Call, param } from '../http/call.ts';
import { domainError, notFound } from '../http/errors.ts';
import type { HttpResponse } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { ImageEntry } from '../image-record.ts';
import type { ImageMimeType } from '../image-types.ts';
import type { StoredBytes } from '../store/byte-store.ts';

const CDN = {
  name: 'cdn',
  path: '/{organization_id:uuid}/{environment_id:uuid}/{image}',
  access: 'public',
  handle: deliver,
} as const;

/** Delivery of images, public like the service's. */
export const CDN_ROUTES: readonly Route[] = [
  { ...CDN, method: 'GET' },
  { ...CDN, method: 'HEAD' },
];

/** Names in a header: a query may have thousands that are unknown, and clients take 16 KiB of headers. */
const MOST_NAMES = 50;

type Deliverable = ImageEntry & { readonly stored: StoredBytes };

/**
 * Delivers the image of the path, transformed as the query says.
 * @throws HttpError 400 for a preset or a transformation that does not exist, 404 without such an image that is READY
 */
export async function deliver(call: Call): Promise<HttpResponse> {
  const preset = readPreset(param(call, 'image'));
  if (!preset) throw badRequest('There is no such preset; there are @thumbnail, @small, @medium and @large.');
  const entry = findDeliverable(call, preset.id);
  const { wanted, ignored } = readQuery(call.query);
  const etag = etagOf(call, entry);
  // The service's caching is unknown, and in development nothing should be stale: browsers revalidate each time.
  const headers = { etag, 'cache-control': 'no-cache', vary: 'Accept, Origin' };
  const failed = failedPrecondition(call.request.headers, etag);
  if (failed === 304) return { status: 304, headers };
  if (failed)
    throw domainError(failed, 'RequestError', 'The image is not the one that If-Match names.', headers);
  const { rendered, missed } = await tryRender(call, entry, { ...preset.transformations, ...wanted });
  const left = [...missed, ...ignored].slice(0, MOST_NAMES);
  const length = rendered?.data.length ?? entry.stored.sizeBytes;
  // What the emulator's own page shows is no delivery.
  if (call.log.route === 'cdn') call.service.metrics.deliver(length, rendered !== undefined);
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': rendered?.mimeType ?? entry.record.mime_type,
      'content-length': length,
      ...(left.length > 0 ? { 'x-imgwire-not-applied': left.join(', ') } : {}),
    },
    body: rendered?.data ?? call.service.state.bytes.stream(entry.stored),
  };
}

function badRequest(detail: string): Error {
  return domainError(400, 'RequestError', detail);
}

function findDeliverable(call: Call, id: string): Deliverable {
  const { images, identity } = call.service.state;
  const isOurs =
    param(call, 'organization_id') === identity.organizationId &&
    param(call, 'environment_id') === identity.environmentId;
  const entry = isOurs ? images.get(id) : undefined;
  if (entry?.record.status !== 'READY' || !entry.stored) throw notFound();
  return { ...entry, stored: entry.stored };
}

/**
 * The transformations of the query, and the unknown names.
 * @throws HttpError 400 for a wrong value, or two names of one transformation
 */
function readQuery(query: URLSearchParams): { wanted: ParsedTransformations; ignored: string[] } {
  const { transformations, errors } = parseTransformations(query);
  const wrong = errors.find(({ reason }) => reason !== 'unknown');
  if (wrong) throw badRequest(`${wrong.message}.`);
  // Names are echoed in a header: only safe characters.
  const ignored = errors.map(({ name }) => name.replace(/[^\w.-]/g, '_').slice(0, 40));
  return { wanted: transformations, ignored };
}

function etagOf(call: Call, { stored }: Deliverable): string {
  const accept = call.request.headers.accept ?? '';
  const { pathname, search } = call.url;
  const hash = createHash('sha256').update([stored.key, pathname, search, accept].join('\n'));
  return `"${hash.digest('base64url').slice(0, 22)}"`;
}

/**
 * The status of a GET or HEAD whose ETag condition fails; undefined if it holds, or there is none.
 * `If-Match` compares strongly, `If-None-Match` weakly (RFC 9110, 13.1.1 and 13.1.2). Responses have no dates, so there
 * are no conditions on them.
 */
function failedPrecondition(headers: IncomingHttpHeaders, etag: string): 304 | 412 | undefined {
  const { 'if-match': match, 'if-none-match': noneMatch } = headers;
  if (match !== undefined && !tagsOf(match).some((tag) => tag === '*' || tag === etag)) return 412;
  const isNamed = (tag: string): boolean => tag === '*' || tag.replace(/^W\//, '') === etag;
  return noneMatch !== undefined && tagsOf(noneMatch).some(isNamed) ? 304 : undefined;
}

/** The ETags of a list, or `*` alone; a tag may contain commas. */
function tagsOf(list: string): readonly string[] {
  return list.trim() === '*' ? ['*'] : (list.match(/(?:W\/)?"[^"]*"/g) ?? []);
}

/** Types that the decoder can read; of the others only the original is delivered. */
const DECODABLE: readonly ImageMimeType[] = [
  'image/jpeg',
  'image/png',
  'image/webp',
  'image/avif',
  'image/gif',
  'image/tiff',
];

async function tryRender(
  call: Call,
  entry: Deliverable,
  wanted: ParsedTransformations,
): Promise<{ rendered?: Rendered | undefined; missed: string[] }> {
  const sharp = await loadSharp();
  if (!sharp || !DECODABLE.includes(entry.record.mime_type)) return { missed: Object.keys(wanted) };
  const { images, bytes } = call.service.state;
  const imageSource = (id: string): Buffer | string | undefined => {
    const other = images.get(id);
    const isReady = other?.record.status === 'READY' && DECODABLE.includes(other.record.mime_type);
    return isReady && other.stored ? bytes.source(other.stored) : undefined;
  };
  const { accept = '' } = call.request.headers;
  const source = bytes.source(entry.stored);
  try {
    const job = { wanted, sharp, source, sourceType: entry.record.mime_type, accept, imageSource };
    return { rendered: await render(job), missed: notApplied(wanted) };
  } catch (error) {
    call.log.error = error;
    throw badRequest(
      'The image cannot be transformed: its bytes cannot be decoded, or the result would be too large.',
    );
  }
}
