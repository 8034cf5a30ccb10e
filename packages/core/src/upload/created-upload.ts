import type { ImageRecord } from '../service/service.ts';

/** A record without its bytes, and how to roll it back. */
export interface CreatedUpload {
  readonly image: ImageRecord;
  /** Where to PUT the bytes: a secret until it expires. */
  readonly uploadUrl: string;
  /** Whether the bytes are already stored: the idempotency key was used before. */
  readonly stored: boolean;
  /**
   * Deletes a record whose bytes did not arrive. Never rejects: a failed delete is reported.
   *
   * @param isReplaced whether nobody can send its bytes, so that it goes although others have it
   */
  rollback(isReplaced?: boolean): Promise<void>;
  /** Deletes the stored image, once. Never rejects, as `rollback` does not. */
  discard(): Promise<void>;
}
