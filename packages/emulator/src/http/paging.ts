import { integersOfQuery } from '../validate.ts';
import type { Call } from './call.ts';
import { type HttpResponse, json } from './response.ts';

const FIELDS = {
  page: { type: 'integer', min: 1, default: 1 },
  limit: { type: 'integer', min: 1, max: 100, default: 20 },
} as const;

/** One page of a list, with the five paging headers. If there is no such page the header is empty: every SDK reads that as none. */
export function paged<T>(call: Call, rows: readonly T[], toWire: (row: T) => unknown): HttpResponse {
  const { page, limit } = integersOfQuery(call.query, FIELDS);
  const last = Math.ceil(rows.length / limit);
  const shown = rows.slice((page - 1) * limit, page * limit);
  return json(shown.map(toWire), {
    'x-total-count': String(rows.length),
    'x-page': String(page),
    'x-limit': String(limit),
    'x-prev-page': page > 1 ? String(page - 1) : '',
    'x-next-page': page < last ? String(page + 1) : '',
  });
}
