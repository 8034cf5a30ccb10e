import { channel, hasSubscribers } from 'node:diagnostics_channel';
import type { LengthSource } from './upload-body.ts';

/** The file that an event is about. */
export interface FileEvent {
  /** The form field; empty for an upload without a form. */
  readonly field: string;
  readonly fileName: string;
}

/**
 * What is published on `node:diagnostics_channel`: the name of each channel, and its message. Both legs are covered, the
 * client's (`imgwire:request:*`) and Imgwire's (`imgwire:upload:*`), and so are the calls without a form. Durations are milliseconds, sizes bytes. No message
 * contains a key, a token or a presigned URL.
 *
 * Messages are published in the async context of the request, so a tracer finds its span. The events of one upload share
 * its `imageId` once it has one.
 */
export interface ImgwireEvents {
  /** A form begins to be received. `failed` follows, or `received`, or both: its files may fail after it was received. */
  'imgwire:request:started': { readonly contentLength?: number };
  /** A whole form has been received; its files may still be in flight to Imgwire. */
  'imgwire:request:received': {
    readonly bytes: number;
    readonly files: number;
    readonly fields: number;
    readonly durationMs: number;
  };
  /** A form was rejected or aborted, and its uploads are undone. */
  'imgwire:request:failed': { readonly error: unknown; readonly bytes: number; readonly durationMs: number };
  /** The length of a file is known, and how. `queuedMs` is its wait in the queue, `durationMs` the total so far. */
  'imgwire:upload:started': FileEvent & {
    readonly mimetype: string;
    readonly length: number;
    readonly lengthSource: LengthSource;
    readonly queuedMs: number;
    readonly durationMs: number;
  };
  /** All transfers are taken: the file waits for one, at most `queueTimeoutMs`. */
  'imgwire:upload:waiting': FileEvent;
  /** The record exists. */
  'imgwire:upload:created': { readonly imageId: string; readonly durationMs: number };
  /** The bytes are at Imgwire. */
  'imgwire:upload:put': { readonly imageId: string; readonly bytes: number; readonly durationMs: number };
  /** A call failed transiently, and is retried after `waitMs`. */
  'imgwire:upload:retried': { readonly error: unknown; readonly attempt: number; readonly waitMs: number };
  /** A file is stored: the last event of a success. */
  'imgwire:upload:stored': FileEvent & {
    readonly imageId: string;
    readonly mimetype: string;
    readonly size: number;
    readonly lengthSource: LengthSource;
    /** Set if an earlier upload with the same key has stored the image; then the others are those of its record. */
    readonly existing?: true;
    readonly durationMs: number;
  };
  /** A file could not be stored, and nothing of it is left: the last event of a failure. */
  'imgwire:upload:failed': FileEvent & { readonly error: unknown; readonly durationMs: number };
  /** A record was deleted, after a failure or by `discard()`. */
  'imgwire:upload:rolled-back': { readonly imageId: string; readonly durationMs: number };
  /** A record could not be deleted, and is left at Imgwire; see `ImgwireOptions.onRollbackFailed`. */
  'imgwire:upload:rollback-failed': RollbackFailure;
  /** Imgwire has fetched an image from its URL. */
  'imgwire:import:stored': { readonly imageId: string; readonly durationMs: number };
  /** An image could not be imported from its URL. */
  'imgwire:import:failed': { readonly error: unknown; readonly durationMs: number };
  /** A token endpoint has issued a token. `id` names it, and is not the token. */
  'imgwire:token:issued': { readonly id: string; readonly durationMs: number };
  /** A token endpoint has answered with an error. */
  'imgwire:token:failed': { readonly error: unknown; readonly durationMs: number };
  /** Images were deleted by `delete()` or `bulkDelete()`. */
  'imgwire:image:deleted': { readonly imageIds: readonly string[]; readonly durationMs: number };
}

/** A record that may be left at Imgwire. */
export interface RollbackFailure {
  /** Absent if the response to create was lost, so that only the key is known. */
  readonly imageId?: string;
  /** Of the create call, if its response was lost; and if it was yours: an upload that uses it again gets the same record. */
  readonly idempotencyKey?: string;
  /** Set if another request with the same key may store its bytes: delete it only while it is PENDING. */
  readonly onlyIfPending?: true;
  readonly error: unknown;
}

/** The name of a channel. */
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
  'imgwire:image:deleted',
];

/** Channels that had another name before 1.0. */
const RENAMED: Readonly<Record<string, ImgwireEventName>> = {
  'imgwire:upload:measured': 'imgwire:upload:started',
  'imgwire:upload:undone': 'imgwire:upload:rolled-back',
  'imgwire:upload:undo-failed': 'imgwire:upload:rollback-failed',
};

/** Warns of subscribers to channels on which nothing is published any more. */
export function warnOfRenamedChannels(warn: (message: string) => void): void {
  for (const [old, name] of Object.entries(RENAMED)) {
    if (hasSubscribers(old)) warn(`The channel "${old}" was renamed to "${name}".`);
  }
}

const channels = new Map(IMGWIRE_EVENTS.map((name) => [name, channel(name)]));

/** Publishes a message, which is only built if there is a subscriber. */
export function publish<Name extends ImgwireEventName>(name: Name, message: () => ImgwireEvents[Name]): void {
  const to = channels.get(name);
  if (to?.hasSubscribers) to.publish(message());
}

/** Starts a clock; the returned function gives the elapsed milliseconds. */
export function startClock(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
