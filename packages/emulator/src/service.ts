import type { Socket } from 'node:net';
import type { Changes } from './changes.ts';
import type { FaultScript } from './faults.ts';
import type { EmulatorImage, ImageEntry } from './image-record.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Metrics } from './metrics.ts';
import type { ResolvedOptions } from './options.ts';
import type { RequestLog } from './request-log.ts';
import type { State } from './store/state.ts';

/** The parts of the emulator that requests use. */
export interface Service {
  readonly options: ResolvedOptions;
  readonly state: State;
  readonly lifecycle: Lifecycle;
  readonly changes: Changes;
  readonly metrics: Metrics;
  readonly faults: FaultScript;
  readonly requestLog: RequestLog;
  /** The public address without a trailing slash, known once the server listens. */
  baseUrl(): string;
  /** Clears all but the identity, and aborts requests in flight except those on the caller's connection. */
  reset(caller?: Socket): Promise<void>;
}

/** The record as the API sends it: all 22 fields, with `cdn_url` at the emulator's current address. */
export function wireImage(service: Service, { record }: ImageEntry): EmulatorImage {
  const { organizationId } = service.state.identity;
  const cdnUrl = `${service.baseUrl()}/${organizationId}/${record.environment_id}/${record.id}`;
  return { ...record, cdn_url: cdnUrl };
}
