import type { Socket } from 'node:net';
import type { Changes } from './changes.ts';
import type { FaultScript } from './faults.ts';
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
  /** Public address without a trailing slash; known once the server listens. */
  baseUrl(): string;
  /**
   * Clears all but the identity and aborts requests in flight, except on the caller's connection.
   */
  reset(caller?: Socket): Promise<void>;
}
