import type { WholeFile } from '../inspect/measure-image.ts';

/** Where a file's exact length came from. */
export type LengthSource = 'read-ahead' | 'declared' | 'computed' | 'copy' | 'spool';

/** Answers the next chunk, undefined at the end. One call at a time. */
export type Read = () => Promise<Uint8Array | undefined>;

/** The bytes of one file as they arrive. */
export interface FileSource {
  /** Rejects when the client is gone or the file is above its limit. */
  readonly read: Read;
  /** The length that the file has if it is the last part of its form, or that its owner declared. */
  readonly expectedLength?: number | undefined;
  /** The content itself, for a file that its owner holds and that can be read again from its start. */
  readonly content?: Content & WholeFile;
  /** Whether `expectedLength` is the owner's word (`declared`) or our arithmetic (`computed`). */
  readonly expectedBy?: 'declared' | 'computed';
}

/** The beginning of a file: the whole of it when `ended`. */
export interface Head {
  readonly bytes: Uint8Array;
  readonly ended: boolean;
}

/** The same bytes with their count, ready to be sent. */
export interface Content {
  readonly length: number;
  readonly lengthSource: LengthSource;
  /**
   * The bytes to send. What is read ends only if it had exactly `length` bytes, else it fails: with `LENGTH_MISMATCH` when
   * the length was declared, with `LENGTH_REQUIRED` when it was computed, since nobody has said a wrong one.
   */
  body(): Uint8Array | Read;
  /**
   * Receives what is left of the file and answers the content to send again, whose length is certain. Undefined when
   * nothing was kept to send again.
   */
  again?(): Promise<Content>;
  /** Receives what is left of the file, for an upload that needs none of it. */
  drain(): Promise<void>;
  /** Lets go of the temporary file, if there is one. */
  close(): Promise<void>;
}

/** What has passed of a file, kept to be sent again. */
export interface Copy {
  /** Bytes appended so far. */
  readonly size: number;
  /**
   * Appends one chunk; one call at a time. The promise, if there is one, resolves when the next one is welcome: the chunk may
   * still be on its way to the disk by then.
   */
  append(chunk: Uint8Array): Promise<void> | undefined;
  /** Reads the bytes from that place on, the start unless it is given; can be asked for again. */
  reader(from?: number): Read;
  close(): Promise<void>;
}

/** Looks at the bytes of a file behind its head as they pass. What it throws ends the upload. */
export interface Watch {
  pass(chunk: Uint8Array): void;
  /** All have passed, but the last of them were not sent yet. @param whole the file, where it can be read again */
  end(whole?: WholeFile): Promise<void>;
}
