import { channel, hasSubscribers } from '../runtime.ts';
import type { LengthSource } from './upload-body.ts';

/** The file that an event is about. `fileName` is the client's name of it. */
export interface FileEvent {
  /** The form field; empty for an upload without a form. */
  readonly field: string;
  readonly fileName: string;
}

/**
 * What we publish on `node:diagnostics_channel`: the name of each channel, and its message. There are events of the client side
 * (`imgwire:request:*`), of upstream (`imgwire:upload:*`), and of the calls without a form. Durations are in milliseconds, sizes
 * in bytes. No message contains a key, a token or a presigned URL.
 *
 * Messages are published in the async context of the request, so a tracer finds its span. The events of one upload share its
 * `imageId` once it has one.
 */
export interface ImgwireEvents {
  /** A form begins to arrive. `failed` follows, or `received`, or both: its files may fail after it was received. */
  'imgwire:request:started': { readonly contentLength?: number };
  /** A whole form has been received; its files may still be in flight to Imgwire. */
  'imgwire:request:received': {
    readonly bytes: number;
    readonly files: number;
    readonly fields: number;
    readonly durationMs: number;
  };
  /** A form was rejected or aborted, and its uploads are rolled back. */
  'imgwire:request:failed': { readonly error: unknown; readonly bytes: number; readonly durationMs: number };
  /** A file begins to be sent: its length is known. `queuedMs` is its wait for a slot, `durationMs` the total so far. */
  'imgwire:upload:started': FileEvent & {
    readonly mimetype: string;
    readonly length: number;
    readonly lengthSource: LengthSource;
    readonly queuedMs: number;
    readonly durationMs: number;
  };
  /** No slot is free: the file waits for one, at most `queueTimeoutMs`. */
  'imgwire:upload:waiting': FileEvent;
  /** The record of an upload exists. */
  'imgwire:upload:created': { readonly imageId: string; readonly durationMs: number };
  /** The bytes of an upload are at Imgwire. */
  'imgwire:upload:put': { readonly imageId: string; readonly bytes: number; readonly durationMs: number };
  /** A call has failed transiently, and is retried after `waitMs`. */
  'imgwire:upload:retried': { readonly error: unknown; readonly attempt: number; readonly waitMs: number };
  /** A file is stored: the last event of a success. */
  'imgwire:upload:stored': FileEvent & {
    readonly imageId: string;
    readonly mimetype: string;
    readonly size: number;
    readonly lengthSource: LengthSource;
    /** Set if an earlier upload with the same key has stored the image. The other facts are then those of its record. */
    readonly existing?: true;
    /** Records created for it: more than one if its length was not what was expected of it, or its URL was rejected. */
    readonly records: number;
    /** PUTs of it. */
    readonly puts: number;
    /** Bytes sent in all of them: `size` if the first has succeeded. */
    readonly bytesSent: number;
    readonly durationMs: number;
  };
  /** A file could not be stored, and nothing of it is left: the last event of a failure. */
  'imgwire:upload:failed': FileEvent & { readonly error: unknown; readonly durationMs: number };
  /** A record was deleted, after a failure or by `discard()`. */
  'imgwire:upload:rolled-back': { readonly imageId: string; readonly durationMs: number };
  /** A record could not be deleted, and is left at Imgwire; see `ImgwireOptions.onRollbackFailed`. */
  'imgwire:upload:rollback-failed': RollbackFailure;
  /** An upload via URL is stored. */
  'imgwire:import:stored': { readonly imageId: string; readonly durationMs: number };
  /** An upload via URL has failed. */
  'imgwire:import:failed': { readonly error: unknown; readonly durationMs: number };
  /** A token endpoint has issued a token. `id` names it, and is not the token itself. */
  'imgwire:token:issued': { readonly id: string; readonly durationMs: number };
  /** A token endpoint has responded with an error. */
  'imgwire:token:failed': { readonly error: unknown; readonly durationMs: number };
  /** A direct upload has begun: its record is created. */
  'imgwire:direct:created': { readonly imageId: string; readonly durationMs: number };
  /** A direct upload is completed: its image keeps the rules, and `onStored` has returned. */
  'imgwire:direct:completed': { readonly imageId: string; readonly durationMs: number };
  /** A direct upload was rejected, before or after its bytes were stored, or could not be completed. */
  'imgwire:direct:failed': { readonly imageId?: string; readonly error: unknown };
  /** Images were deleted by `delete()` or `bulkDelete()`. */
  'imgwire:image:deleted': { readonly imageIds: readonly string[]; readonly durationMs: number };
}

/** A record that may be left at Imgwire. */
export interface RollbackFailure {
  /** The id of the record. Absent if the response to the create call was lost, so that only the key is known. */
  readonly imageId?: string;
  /**
   * The key of the create call, if its response was lost or the key was yours. An upload that uses it again gets the same record.
   */
  readonly idempotencyKey?: string;
  /** Set if another request with the same key may store its bytes: delete it only while it is PENDING. */
  readonly onlyIfPending?: true;
  /** Why the delete failed. */
  readonly error: unknown;
}

/** The name of a channel, such as `imgwire:upload:stored`. */
export type ImgwireEventName = keyof ImgwireEvents;

/** The names of all channels, to subscribe to. */
export const IMGWIRE_EVENTS: readonly ImgwireEventName[] = [
  'imgwire:request:started',
  'imgwire:request:received',
  'imgwire:request:failed',
  'imgwire:upload:started',
  'imgwire:upload:waiting',
  'imgwire:upload:created',
  'imgwire:upload:put',
  'imgwire:upload:retried',
  'imgwire:upload:stored',
  'imgwire:upload:failed',
  'imgwire:upload:rolled-back',
  'imgwire:upload:rollback-failed',
  'imgwire:import:stored',
  'imgwire:import:failed',
  'imgwire:token:issued',
  'imgwire:token:failed',
  'imgwire:direct:created',
  'imgwire:direct:completed',
  'imgwire:direct:failed',
  'imgwire:image:deleted',
];

/** Channels that had another name before 1.0. */
const RENAMED: Readonly<Record<string, ImgwireEventName>> = {
  'imgwire:upload:measured': 'imgwire:upload:started',
  'imgwire:upload:undone': 'imgwire:upload:rolled-back',
  'imgwire:upload:undo-failed': 'imgwire:upload:rollback-failed',
};

/** Warns if something subscribes to a channel by its old name. */
export function warnOfRenamedChannels(warn: (message: string) => void): void {
  for (const [old, name] of Object.entries(RENAMED)) {
    if (hasSubscribers(old)) warn(`The channel "${old}" was renamed to "${name}".`);
  }
}

const channels = new Map(IMGWIRE_EVENTS.map((name) => [name, channel(name)]));

/** Publishes a message. It is built only if there is a subscriber. */
export function publish<Name extends ImgwireEventName>(name: Name, message: () => ImgwireEvents[Name]): void {
  const to = channels.get(name);
  if (to?.hasSubscribers) to.publish(message());
}

/** Starts a clock. Returns a function that returns the elapsed milliseconds. */
export function startClock(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
