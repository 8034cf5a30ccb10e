import type { Call } from '../http/call.ts';
import { type Problem, validationError } from '../http/errors.ts';
import { type HttpResponse, json } from '../http/response.ts';
import type { Route } from '../http/router.ts';
import type { Figures, Period } from '../metrics.ts';

const HOUR_MS = 3_600_000;

/**
 * Length of an interval, and the default number of them. Months count as 30 days.
 */
const INTERVALS = {
  HOURLY: { ms: HOUR_MS, shown: 24 },
  DAILY: { ms: 24 * HOUR_MS, shown: 30 },
  WEEKLY: { ms: 7 * 24 * HOUR_MS, shown: 12 },
  MONTHLY: { ms: 30 * 24 * HOUR_MS, shown: 12 },
} as const;

/** Years by the hour would be a response of megabytes. */
const MAX_POINTS = 10_000;

/** Metrics of uploads and deliveries, as series and as totals. */
export const METRICS_ROUTES: readonly Route[] = [
  {
    name: 'metrics',
    method: 'GET',
    path: '/api/v1/metrics/datasets',
    access: 'server',
    handle: readDatasets,
  },
  { name: 'metrics', method: 'GET', path: '/api/v1/metrics/stats', access: 'server', handle: readStats },
];

function readDatasets(call: Call): HttpResponse {
  const points = splitRange(readRange(call)).map((period) => ({
    timestamp: new Date(period.from).toISOString(),
    ...figuresOf(call, period),
  }));
  const series = (name: keyof Figures) =>
    points.map((point) => ({ timestamp: point.timestamp, [name]: point[name] }));
  // Nothing is cached here, so each request is a miss.
  const misses = points.reduce((total, { requests }) => total + requests, 0);
  return json({
    uploads: series('uploads'),
    transformations: series('transformations'),
    requests: series('requests'),
    transfer_bytes: series('transfer_bytes'),
    cache_hit_ratio: [
      { label: 'HIT', value: 0 },
      { label: 'MISS', value: misses },
    ],
    storage_bytes: points.map(({ timestamp, storage_bytes, storage_added }) => ({
      timestamp,
      storage_bytes_current: storage_bytes,
      storage_bytes_added: storage_added,
    })),
  });
}

function readStats(call: Call): HttpResponse {
  const { from, to } = readRange(call);
  const now = figuresOf(call, { from, to });
  const before = figuresOf(call, { from: from - (to - from), to: from });
  const stat = (name: keyof Figures) => compare(now[name], before[name]);
  return json({
    uploads: stat('uploads'),
    transformations: stat('transformations'),
    requests: stat('requests'),
    transfer_bytes: stat('transfer_bytes'),
    cache_hit_ratio: compare(0, 0),
    storage_bytes: stat('storage_bytes'),
  });
}

function compare(value: number, prev: number): object {
  return { value, prev, pct_change: prev === 0 ? null : ((value - prev) / prev) * 100 };
}

function figuresOf(call: Call, period: Period): Figures {
  return call.service.metrics.figures(call.service.state.images.values(), period);
}

interface Range extends Period {
  readonly stepMs: number;
}

/** The requested range, its start rounded down to a whole interval in UTC. */
function readRange(call: Call): Range {
  const problems: Problem[] = [];
  const intervalName = call.query.get('interval') ?? 'HOURLY';
  if (!Object.hasOwn(INTERVALS, intervalName)) {
    const names = Object.keys(INTERVALS).map((name) => `'${name}'`);
    problems.push({ loc: ['query', 'interval'], msg: `Input should be ${names.join(', ')}`, type: 'enum' });
  }
  const start = readDate(call, 'date_start', problems);
  const end = readDate(call, 'date_end', problems);
  if (problems.length > 0) throw validationError(problems);
  const { ms, shown } = INTERVALS[intervalName as keyof typeof INTERVALS];
  const to = end ?? Date.now();
  const from = Math.floor((start ?? to - (shown - 1) * ms) / ms) * ms;
  if (from >= to || (to - from) / ms > MAX_POINTS) {
    const msg = `The range should be positive and have ${MAX_POINTS} intervals at most`;
    throw validationError([{ loc: ['query', 'date_start'], msg, type: 'value_error' }]);
  }
  return { from, to, stepMs: ms };
}

function readDate(call: Call, name: string, problems: Problem[]): number | undefined {
  const raw = call.query.get(name);
  if (raw === null) return undefined;
  // An unencoded "+" of a time zone has become a space in the query.
  const at = /^\d{4}-\d\d-\d\d/.test(raw) ? Date.parse(raw.replace(' ', '+')) : Number.NaN;
  if (Number.isNaN(at)) {
    problems.push({
      loc: ['query', name],
      msg: 'Input should be a valid datetime',
      type: 'datetime_parsing',
    });
  }
  return at;
}

function splitRange({ from, to, stepMs }: Range): Period[] {
  const count = Math.ceil((to - from) / stepMs);
  return Array.from({ length: count }, (_, index) => ({
    from: from + index * stepMs,
    to: Math.min(to, from + (index + 1) * stepMs),
  }));
}
