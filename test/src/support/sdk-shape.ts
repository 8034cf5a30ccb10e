import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { ImgwireClientLike, MetricsQuery } from '@imgwire/core';
import type { Emulator } from '@imgwire/emulator';
import type {
  ImageDownloadJobSchema,
  ImagesResource,
  ImgwireClient,
  ImgwireImage,
} from '../packages/packed/imgwire-node/index.d.ts';

/** The part of the client that is used, without the private members, which no other class can have. */
type Client = Pick<ImgwireClient, 'options'> & {
  readonly images: Pick<
    ImagesResource,
    | 'bulkDelete'
    | 'create'
    | 'createBulkDownloadJob'
    | 'createUploadToken'
    | 'delete'
    | 'list'
    | 'retrieve'
    | 'retrieveBulkDownloadJob'
    | 'uploadViaUrl'
  >;
} & Required<Pick<ImgwireClientLike, 'corsOrigins' | 'customDomain' | 'metrics'>>;

/** An API error as the official SDK throws it: a generic message, and the whole response with the request's API key. */
class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly response: IncomingMessage;
  readonly body: unknown;
  readonly statusCode: number | undefined;

  constructor(response: IncomingMessage, body: unknown, statusCode: number | undefined) {
    super('HTTP request failed');
    this.response = response;
    this.body = body;
    this.statusCode = statusCode;
  }
}

/** The properties of the SDK's models, in their order. Those that end in `_at` are dates. */
const IMAGE = [
  ...['can_upload', 'cdn_url', 'created_at', 'custom_metadata', 'deleted_at', 'environment_id', 'exif_data'],
  ...['extension', 'hash_sha256', 'height', 'id', 'idempotency_key', 'is_directly_deliverable', 'mime_type'],
  ...['original_filename', 'processed_metadata_at', 'purpose', 'size_bytes', 'status', 'updated_at'],
  ...['upload_token_id', 'width'],
];
const TOKEN = ['created_at', 'environment_id', 'expires_at', 'id', 'token', 'updated_at', 'used_at'];

const ORIGIN = ['created_at', 'environment_id', 'id', 'pattern', 'updated_at'];
const DOMAIN = [
  ...[
    'certificate_status',
    'cname_record',
    'cname_value',
    'created_at',
    'dcv_cname_record',
    'dcv_cname_value',
  ],
  ...['environment_id', 'hostname', 'id', 'last_verified_at', 'status', 'updated_at'],
];
const METRICS = [
  ...['cache_hit_ratio', 'requests', 'storage_bytes', 'transfer_bytes', 'transformations', 'uploads'],
];

const JOB = ['created_at', 'download_url', 'environment_id', 'id', 'image_ids', 'status', 'updated_at'];

/**
 * A model as the SDK creates it from any value, unchecked: a string, an array or another object becomes a model whose
 * properties are undefined; an absent value stays absent.
 */
function toModel(names: readonly string[], data: unknown): unknown {
  if (data === undefined || data === null) return data;
  const values = data as Readonly<Record<string, string | undefined>>;
  const read = (name: string): unknown => {
    const value = values[name];
    return name.endsWith('_at') && value ? new Date(value) : value;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

/** An array from any array-like; an empty one from anything else. */
const toModels = (names: readonly string[], data: unknown): unknown =>
  data === undefined || data === null
    ? data
    : Array.from(data as ArrayLike<unknown>, (item) => toModel(names, item));

/** Sets `url` on the record itself, as an own, enumerable property. */
const extend = (record: unknown): ImgwireImage =>
  Object.assign(record as ImgwireImage, { url: () => 'from the SDK' });

/**
 * An object of the official `ImgwireClient`'s declared type that behaves like its version 0.3.2, which uses the package
 * `request` with `json: true`: a body that is not JSON is returned as a string, an empty one as undefined.
 */
export function sdkShapedClient({ url, apiKey }: Pick<Emulator, 'url' | 'apiKey'>): Client {
  const call = async (
    method: string,
    path: string,
    input?: object,
  ): Promise<{ body: unknown; response: IncomingMessage }> => {
    const headers = { Authorization: `Bearer ${apiKey}`, accept: 'application/json' };
    const outgoing = request(`${url}/api/v1/${path.startsWith('/') ? path.slice(1) : `images/${path}`}`, {
      method,
      agent: false,
      headers: input ? { ...headers, 'content-type': 'application/json' } : headers,
    });
    outgoing.end(input && JSON.stringify(input));
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    const body = parse(Buffer.concat(await response.toArray()).toString());
    const { statusCode } = response;
    if (statusCode === undefined || statusCode < 200 || statusCode > 299) {
      throw new HttpError(Object.assign(response, { request: { headers } }), body, statusCode);
    }
    return { body, response };
  };
  const retrieve = async (method: string, path: string, input?: object): Promise<ImgwireImage> =>
    extend(toModel(IMAGE, (await call(method, path, input)).body));
  const job = async (method: string, path: string, input?: object): Promise<ImageDownloadJobSchema> =>
    toModel(JOB, (await call(method, path, input)).body) as ImageDownloadJobSchema;
  const listed = async <T>(
    path: string,
    { limit, page }: { limit?: number; page?: number },
    read: (data: unknown) => T,
  ) => {
    const query = Object.entries({ limit, page }).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    const { body, response } = await call('GET', `${path}?${query.join('&')}`);
    const number = (name: string): number | null => {
      const value = Number(response.headers[name] || Number.NaN);
      return Number.isFinite(value) ? value : null;
    };
    return {
      data: read(body),
      pagination: {
        limit: number('x-limit'),
        nextPage: number('x-next-page'),
        page: number('x-page'),
        prevPage: number('x-prev-page'),
        totalCount: number('x-total-count'),
      },
    };
  };
  const measured = async (path: string, { dateStart, dateEnd, ...query }: MetricsQuery): Promise<object> => {
    const search = new URLSearchParams(query as Record<string, string>);
    if (dateStart) search.set('date_start', dateStart.toISOString());
    if (dateEnd) search.set('date_end', dateEnd.toISOString());
    return toModel(METRICS, (await call('GET', `/metrics/${path}?${search}`)).body) as object;
  };
  return {
    options: { apiKey, baseUrl: url },
    corsOrigins: {
      list: (query) => listed('/cors_origins/', query, (data) => toModels(ORIGIN, data) as object[]),
    },
    customDomain: {
      retrieve: async () => toModel(DOMAIN, (await call('GET', '/custom_domain/')).body) as object,
    },
    metrics: {
      getStats: (query) => measured('stats', query),
      getDatasets: (query) => measured('datasets', query),
    },
    images: {
      create: async (input) => {
        const { body } = await call('POST', 'standard_upload', input);
        const created = toModel(['image', 'upload_url'], body) as { image: unknown; upload_url: string };
        return { ...created, image: extend(toModel(IMAGE, created.image)) };
      },
      retrieve: (id) => retrieve('GET', encodeURIComponent(id)),
      list: (query = {}) =>
        listed('', query, (data) => (toModels(IMAGE, data) as ImgwireImage[]).map(extend)),
      delete: async (id) => (await call('DELETE', encodeURIComponent(id))).body as Record<string, string>,
      uploadViaUrl: ({ url, fileName, mimeType, idempotencyKey, purpose, customMetadata }) =>
        retrieve('POST', 'upload_via_url', {
          custom_metadata: customMetadata,
          file_name: fileName,
          idempotency_key: idempotencyKey,
          mime_type: mimeType,
          purpose,
          url: String(url),
        }),
      bulkDelete: async (input) => (await call('POST', 'bulk_delete', input)).body as Record<string, string>,
      createBulkDownloadJob: (input) => job('POST', 'downloads', input),
      retrieveBulkDownloadJob: (id) => job('GET', `downloads/${encodeURIComponent(id)}`),
      createUploadToken: async () =>
        toModel(TOKEN, (await call('POST', 'token')).body) as Awaited<
          ReturnType<ImagesResource['createUploadToken']>
        >,
    },
  };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
