import { channel } from 'node:diagnostics_channel';
import type { LengthSource } from './content.ts';

/** What an event says of the file that it is about. */
export interface FileEvent {
  /** The form field; empty for an upload that came by no form. */
  readonly field: string;
  readonly fileName: string;
}

/**
 * What is published over `node:diagnostics_channel`: the name of each channel, and its message. Both legs can be seen, the
 * client's (`imgwire:request:*`) and Imgwire's (`imgwire:upload:*`). Durations are milliseconds, sizes bytes. No message
 * holds a key, a token or a presigned URL.
 *
 * Messages are published in the async context of the request, so a tracer finds its span. The events of one upload share
 * its `imageId` once it has one.
 */
export interface ImgwireEvents {
  /** A whole form has come in; its files may still be on their way to Imgwire. */
  'imgwire:request:received': {
    readonly bytes: number;
    readonly files: number;
    readonly fields: number;
    readonly durationMs: number;
  };
  /** A form was refused or broke off, and what it had stored is undone. */
  'imgwire:request:failed': { readonly error: unknown; readonly bytes: number; readonly durationMs: number };
  /** The length of a file is known, and how. `queuedMs` is its wait for a place, `durationMs` that and all else until now. */
  'imgwire:upload:measured': FileEvent & {
    readonly mimetype: string;
    readonly length: number;
    readonly lengthSource: LengthSource;
    readonly queuedMs: number;
    readonly durationMs: number;
  };
  /** The record exists. */
  'imgwire:upload:created': { readonly imageId: string; readonly durationMs: number };
  /** The bytes are at Imgwire. */
  'imgwire:upload:put': { readonly imageId: string; readonly bytes: number; readonly durationMs: number };
  /** A call failed for a passing reason, and is repeated after `waitMs`. */
  'imgwire:upload:retried': { readonly error: unknown; readonly attempt: number; readonly waitMs: number };
  /** A file is stored: the last event of a success. */
  'imgwire:upload:stored': FileEvent & {
    readonly imageId: string;
    readonly mimetype: string;
    readonly size: number;
    readonly lengthSource: LengthSource;
    readonly durationMs: number;
  };
  /** A file could not be stored, and nothing of it is left: the last event of a failure. */
  'imgwire:upload:failed': FileEvent & { readonly error: unknown; readonly durationMs: number };
  /** A record was deleted, after a failure or by `discard()`. */
  'imgwire:upload:undone': { readonly imageId: string; readonly durationMs: number };
  /** A record could not be deleted, and is left at Imgwire; see `ImgwireOptions.onUndoFailed`. */
  'imgwire:upload:undo-failed': UndoFailure;
}

/** A record that may be left at Imgwire. */
export interface UndoFailure {
  /** Absent when the answer of create was lost, so that only the key is known. */
  readonly imageId?: string;
  /** Of the create call whose answer was lost. */
  readonly idempotencyKey?: string;
  readonly error: unknown;
}

/** The name of a channel. */
export type ImgwireEventName = keyof ImgwireEvents;

/** The names of all channels, to subscribe to. */
export const IMGWIRE_EVENTS: readonly ImgwireEventName[] = [
  'imgwire:request:received',
  'imgwire:request:failed',
  'imgwire:upload:measured',
  'imgwire:upload:created',
  'imgwire:upload:put',
  'imgwire:upload:retried',
  'imgwire:upload:stored',
  'imgwire:upload:failed',
  'imgwire:upload:undone',
  'imgwire:upload:undo-failed',
];

const channels = new Map(IMGWIRE_EVENTS.map((name) => [name, channel(name)]));

/** Publishes a message, which is only made where somebody listens. */
export function publish<Name extends ImgwireEventName>(name: Name, message: () => ImgwireEvents[Name]): void {
  const to = channels.get(name);
  if (to?.hasSubscribers) to.publish(message());
}

/** Starts a clock that answers the milliseconds since. */
export function startClock(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}
