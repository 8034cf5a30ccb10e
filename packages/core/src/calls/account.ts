import { text } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import type {
  CorsOrigin,
  CustomDomain,
  MetricsDatasets,
  MetricsQuery,
  MetricsStats,
} from '../service/account.ts';
import type { ListQuery, Page } from '../service/service.ts';
import type { Context } from '../upload/context.ts';
import { LIST_CHECKS } from './list.ts';
import { repeated } from './repeated.ts';

/** The calls about the Environment. They only read: its settings are changed where an administrator signs in. */
export interface Account {
  /** Returns one page of the origins from which browsers may create uploads with a client key. @throws as `list` */
  listCorsOrigins(query?: ListQuery, signal?: AbortSignal): Promise<Page<CorsOrigin>>;
  /** Returns the host of your own that delivers the images; null if there is none. @throws as `list` */
  retrieveCustomDomain(signal?: AbortSignal): Promise<CustomDomain | null>;
  /** Returns what was used in a period, and in the period before. @throws as `list`; TypeError for a wrong query */
  getMetricsStats(query?: MetricsQuery, signal?: AbortSignal): Promise<MetricsStats>;
  /** Returns what was used in each interval of a period. @throws as `getMetricsStats` */
  getMetricsDatasets(query?: MetricsQuery, signal?: AbortSignal): Promise<MetricsDatasets>;
}

const INTERVALS: readonly unknown[] = ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY'];
const date: Check = (value) =>
  // Of any realm.
  Object.prototype.toString.call(value) === '[object Date]' && !Number.isNaN(Number(value))
    ? undefined
    : `a Date${typeof value === 'string' ? `: write new Date('${value}')` : ''}`;
const METRICS_CHECKS: Readonly<Record<keyof MetricsQuery, Check>> = {
  interval: (value) => (INTERVALS.includes(value) ? undefined : "'HOURLY', 'DAILY', 'WEEKLY' or 'MONTHLY'"),
  tz: text,
  dateStart: date,
  dateEnd: date,
};

/** Makes the {@link Account} calls of an instance. */
export const account = (context: Context): Account => ({
  listCorsOrigins: async (query = {}, signal) => {
    assertOptions('listCorsOrigins()', query, LIST_CHECKS);
    return repeated(context, signal, (either) => context.service.listCorsOrigins(query, either));
  },
  retrieveCustomDomain: (signal) =>
    repeated(context, signal, (either) => context.service.retrieveCustomDomain(either)),
  getMetricsStats: async (query = {}, signal) => {
    assertOptions('getMetricsStats()', query, METRICS_CHECKS);
    return repeated(context, signal, (either) => context.service.getMetricsStats(query, either));
  },
  getMetricsDatasets: async (query = {}, signal) => {
    assertOptions('getMetricsDatasets()', query, METRICS_CHECKS);
    return repeated(context, signal, (either) => context.service.getMetricsDatasets(query, either));
  },
});
