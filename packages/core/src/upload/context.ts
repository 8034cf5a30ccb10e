import type { Http } from '../service/http.ts';
import type { RetryPolicy } from '../service/retry.ts';
import type { Service } from '../service/service.ts';
import type { Shutdown } from '../service/shutdown.ts';
import type { Capacity } from './capacity.ts';
import type { RollbackFailure } from './events.ts';
import type { Copies } from './replay/copies.ts';
import type { SharedRecords } from './shared-records.ts';

/** A record that we are about to create. */
export interface CreateIntent {
  /** The key of the create call. Another call with it returns the record: see `Imgwire.createDirectUpload()`. */
  readonly idempotencyKey: string;
}

/** What `beforeCreate` returns: callbacks about its record. We await neither, and log what fails in it. */
export interface CreateCallbacks {
  /** Called when the record exists. Its bytes are still to be sent. */
  onCreated(imageId: string): void;
  /** Called when the bytes are stored, the record is deleted, or its deletion was reported to `onRollbackFailed`. */
  onSettled(): void;
}

/** What an instance reports to its owner, and no caller sees. */
export interface Reports {
  readonly retries: RetryPolicy;
  /** Calls the user's `beforeCreate`; absent if there is none. Never rejects. */
  readonly beforeCreate?: ((intent: CreateIntent) => Promise<CreateCallbacks>) | undefined;
  /** Remembers the logger of an error that is about to be thrown, for `reportFault()`. */
  failed(error: unknown): void;
  /** Reports a record that could not be deleted. Never throws. */
  reportRollbackFailure(failure: RollbackFailure): void;
}

/** What creating and deleting a record needs. */
export type CreateContext = Pick<Context, 'service' | 'retries' | 'reportRollbackFailure'> & {
  readonly shutdown: Pick<Shutdown, 'track'>;
};

/** What every step that calls Imgwire needs. */
export interface Context extends Reports {
  readonly service: Service;
  readonly http: Http;
  /** How long a PUT may go without progress, in milliseconds. */
  readonly putIdleTimeoutMs: number;
  /** What all uploads share: slots, memory and disk. */
  readonly capacity: Capacity;
  /** The replay copies. */
  readonly copies: Copies;
  /** The records of uploads with an `idempotencyKey` of the user. */
  readonly sharedRecords: SharedRecords;
  readonly shutdown: Shutdown;
  /** What uploads have shown. */
  readonly seen: {
    /** The origin of the last presigned URL. */
    storageOrigin: string | undefined;
  };
  /** The same reports, with this context in every log line; undefined without a logger. */
  reportsOf?: ((context: object) => Reports) | undefined;
}
