import { withDeadline } from './deadline.ts';
import type { Http, HttpAnswer } from './http.ts';
import type { ImageRecord, ListQuery, Page, Service, UploadToken } from './service.ts';
import { refusal, unusableAnswer } from './upstream-error.ts';

/** Where the API is and how to speak to it. */
export interface RestOptions {
  readonly apiKey: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** For one call, from the connect to the end of the answer; milliseconds. */
  readonly requestTimeoutMs: number;
}

type Method = 'GET' | 'POST' | 'DELETE';
interface Call {
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  /** Statuses that count as success beside 2xx. */
  readonly also?: readonly number[];
}

/** The door to Imgwire over its REST API, on our own connections. */
export function restService(http: Http, options: RestOptions): Service {
  // Whatever a key looks like: an answer that quotes it must not carry it into a log.
  const withoutKey = (text: string): string => text.replaceAll(options.apiKey, '[redacted]');
  const call = (method: Method, path: string, { body, signal, also = [] }: Call = {}): Promise<HttpAnswer> =>
    withDeadline(options.requestTimeoutMs, signal, async (deadline) => {
      const name = `${method} ${path.split('?', 1)[0]}`;
      const answer = await http.send({
        call: name,
        method,
        url: `${options.baseUrl}${path}`,
        headers: {
          authorization: `Bearer ${options.apiKey}`,
          accept: 'application/json',
          'user-agent': '@imgwire/core',
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
        idleTimeoutMs: options.requestTimeoutMs,
        signal: deadline,
      });
      if ((answer.status >= 200 && answer.status < 300) || also.includes(answer.status)) return answer;
      const retryAfter = answer.header('retry-after');
      throw refusal({ call: name, status: answer.status, body: parse(withoutKey(answer.body)), retryAfter });
    });

  return {
    create: async (body) => {
      const answer = parse((await call('POST', '/api/v1/images/standard_upload', { body })).body);
      if (!isCreated(answer)) throw unusableAnswer('POST /api/v1/images/standard_upload');
      return answer;
    },
    // Only the list route ends in a slash; the other form is a redirect that no client follows.
    list: async (query, signal) => toPage(await call('GET', `/api/v1/images/${toSearch(query)}`, { signal })),
    retrieve: async (id, signal) =>
      toRecord(await call('GET', `/api/v1/images/${encodeURIComponent(id)}`, { signal })),
    delete: async (id) => {
      await call('DELETE', `/api/v1/images/${encodeURIComponent(id)}`, { also: [404] });
    },
    uploadViaUrl: async (body, signal) =>
      toRecord(await call('POST', '/api/v1/images/upload_via_url', { body, signal })),
    createUploadToken: async (signal) => toToken(await call('POST', '/api/v1/images/token', { signal })),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const has = (value: unknown, key: string): value is Record<string, unknown> =>
  typeof (value as Record<string, unknown> | null)?.[key] === 'string';

/** Whether an answer to the create call has what an upload needs. */
export const isCreated = (value: unknown): value is { image: ImageRecord; upload_url: string } =>
  has(value, 'upload_url') && URL.canParse(String(value['upload_url'])) && has(value['image'], 'id');

function toRecord(answer: HttpAnswer): ImageRecord {
  const record: unknown = parse(answer.body);
  if (!has(record, 'id')) throw unusableAnswer('The images API');
  return record as unknown as ImageRecord;
}

function toToken(answer: HttpAnswer): UploadToken {
  const token: unknown = parse(answer.body);
  if (!has(token, 'token')) throw unusableAnswer('POST /api/v1/images/token');
  return token as unknown as UploadToken;
}

function toPage(answer: HttpAnswer): Page<ImageRecord> {
  const data: unknown = parse(answer.body);
  if (!Array.isArray(data)) throw unusableAnswer('GET /api/v1/images/');
  // The contract types these headers as strings and leaves open how "none" is written.
  const number = (name: string): number | null => {
    const value = answer.header(name);
    return value && /^\d+$/.test(value) ? Number(value) : null;
  };
  return {
    data: data as ImageRecord[],
    pagination: {
      totalCount: number('x-total-count'),
      page: number('x-page'),
      limit: number('x-limit'),
      prevPage: number('x-prev-page'),
      nextPage: number('x-next-page'),
    },
  };
}

function toSearch(query: ListQuery): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) search.set(key, String(value));
  }
  return search.size > 0 ? `?${search}` : '';
}
