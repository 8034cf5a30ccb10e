import { integersOfQuery } from '../validate.ts';
import { type Answer, json } from './answer.ts';
import type { Call } from './call.ts';

const FIELDS = {
  page: { type: 'integer', min: 1, default: 1 },
  limit: { type: 'integer', min: 1, max: 100, default: 20 },
} as const;

/**
 * One page of a list, with the five paging headers. If there is no such page the header is
 * empty, which every SDK reads as none.
 */
export function paged<T>(call: Call, rows: readonly T[], toWire: (row: T) => unknown): Answer {
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
