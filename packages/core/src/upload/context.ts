import type { Http } from '../service/http.ts';
import type { RetryPolicy } from '../service/retry.ts';
import type { Service } from '../service/service.ts';
import type { Shutdown } from '../service/shutdown.ts';
import type { Capacity } from './capacity.ts';
import type { RollbackFailure } from './events.ts';
import type { Copies } from './replay/copies.ts';

/** A record that is about to be created. */
export interface CreateIntent {
  /** A create call with this key returns the record, see `Imgwire.createDirectUpload()`. */
  readonly idempotencyKey: string;
}

/** What is told about an announced record. Neither is waited for; what fails in it is logged. */
export interface CreateCallbacks {
  /** The record exists; its bytes are still to be sent. */
  onCreated(imageId: string): void;
  /** Its bytes are stored, or it was deleted, or its deletion was reported to `onRollbackFailed`. */
  onSettled(): void;
}

/** What a connection tells its owner of what no caller sees. */
export interface Reports {
  readonly retries: RetryPolicy;
  /** Announces a record before its create call; absent if nobody listens. Never rejects. */
  readonly beforeCreate?: ((intent: CreateIntent) => Promise<CreateCallbacks>) | undefined;
  /** Remembers the logger of an error that is about to be thrown, see report-fault.ts. */
  failed(error: unknown): void;
  /** Reports a record that could not be deleted. Never throws. */
  reportRollbackFailure(failure: RollbackFailure): void;
}

/** What every step that calls Imgwire needs. */
export interface Context extends Reports {
  readonly service: Service;
  readonly http: Http;
  /** Longest time of a PUT without progress, milliseconds. */
  readonly putIdleTimeoutMs: number;
  /** The budget for which uploads wait. */
  readonly capacity: Capacity;
  /** The copies of files from which they can be sent again. */
  readonly copies: Copies;
  readonly shutdown: Shutdown;
  /** What uploads have shown. */
  readonly seen: {
    /** The origin of the last presigned URL. */
    storeOrigin: string | undefined;
  };
  /** The same reports with more in every log line; undefined where there is no logger. */
  reportsOf?: ((context: object) => Reports) | undefined;
}
