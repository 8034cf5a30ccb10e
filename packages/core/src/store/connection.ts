import type { Http } from '../service/http.ts';
import type { Lifetime } from '../service/lifetime.ts';
import type { RetryPolicy } from '../service/retry.ts';
import type { Service } from '../service/service.ts';
import type { Budget } from './budget.ts';
import type { Copies } from './copies.ts';
import type { UndoFailure } from './events.ts';

/** A record that is about to be created. */
export interface CreateIntent {
  /** A create call with this key returns the record, see `Imgwire.createDirectUpload()`. */
  readonly idempotencyKey: string;
}

/** What is told about an announced record. Neither is waited for; what fails in it is logged. */
export interface Announcement {
  /** The record exists; its bytes are still to be sent. */
  created(imageId: string): void;
  /** Its bytes are stored, or it was deleted, or its deletion was reported to `onUndoFailed`. */
  settled(): void;
}

/** What a connection tells its owner of what no caller sees. */
export interface Reports {
  readonly retries: RetryPolicy;
  /** Announces a record before its create call; absent if nobody listens. Never rejects. */
  readonly beforeCreate?: ((intent: CreateIntent) => Promise<Announcement>) | undefined;
  /** Remembers the logger of an error that is about to be thrown, see report-fault.ts. */
  failed(error: unknown): void;
  /** Reports a record that could not be deleted. Never throws. */
  undoFailed(failure: UndoFailure): void;
}

/** What every step that calls Imgwire needs. */
export interface Connection extends Reports {
  readonly service: Service;
  readonly http: Http;
  /** Longest time of a PUT without progress, milliseconds. */
  readonly putIdleTimeoutMs: number;
  /** The budget for which uploads wait. */
  readonly budget: Budget;
  /** The copies of files from which they can be sent again. */
  readonly copies: Copies;
  readonly lifetime: Lifetime;
  /** What uploads have shown. */
  readonly seen: {
    /** The origin of the last presigned URL. */
    storeOrigin: string | undefined;
  };
  /** The same reports with more in every log line; undefined where there is no logger. */
  reportsOf?: ((context: object) => Reports) | undefined;
}
