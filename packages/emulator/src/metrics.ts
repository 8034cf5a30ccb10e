import type { ImageEntry } from './image-record.ts';

/** One delivery in the metrics. */
export interface Delivery {
  readonly at: number;
  readonly bytes: number;
  readonly transformed: boolean;
}

/** A period of time; its end is exclusive. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** The metrics of one period. */
export interface Figures {
  readonly uploads: number;
  readonly transformations: number;
  readonly requests: number;
  readonly transfer_bytes: number;
  readonly storage_added: number;
  /** Bytes stored at the end of the period. */
  readonly storage_bytes: number;
}

/** Counts deliveries, from zero at each start. Uploads and storage follow from the records. */
export interface Metrics {
  deliver(bytes: number, transformed: boolean): void;
  figures(images: readonly ImageEntry[], period: Period): Figures;
  clear(): void;
}

/** How many deliveries are kept. The oldest are dropped first. */
const MAX_DELIVERIES = 100_000;

/** Creates the counters, at zero. */
export function createMetrics(): Metrics {
  const deliveries: Delivery[] = [];
  return {
    deliver(bytes, transformed) {
      deliveries.push({ at: Date.now(), bytes, transformed });
      if (deliveries.length > MAX_DELIVERIES) deliveries.shift();
    },
    figures(images, period) {
      const delivered = deliveries.filter(({ at }) => isWithin(at, period));
      const ready = images.filter(({ record }) => record.status === 'READY');
      const added = ready.filter(({ record }) => isWithin(Date.parse(record.created_at), period));
      const held = ready.filter(({ record }) => Date.parse(record.created_at) < period.to);
      return {
        uploads: added.length,
        transformations: delivered.filter(({ transformed }) => transformed).length,
        requests: delivered.length,
        transfer_bytes: sum(delivered.map(({ bytes }) => bytes)),
        storage_added: sum(added.map(({ record }) => record.size_bytes)),
        storage_bytes: sum(held.map(({ record }) => record.size_bytes)),
      };
    },
    clear: () => void deliveries.splice(0),
  };
}

function isWithin(at: number, { from, to }: Period): boolean {
  return at >= from && at < to;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
