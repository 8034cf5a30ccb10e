import type { SeekableFile } from '../inspect/size-inspector.ts';
import type { Origin } from './slots.ts';

/** How we knew a file's exact length. `record`: an earlier upload had stored the image. */
export type LengthSource = 'read-ahead' | 'declared' | 'computed' | 'replay' | 'spool' | 'record';

/** How likely the expected length of a file is right, by what earlier forms have shown. A hint: the length is checked anyway. */
export type Likelihood = 'unlikely' | 'likely' | 'very likely';

/** Returns the next chunk; undefined is the end. One call at a time. */
export type ReadChunk = () => Promise<Uint8Array | undefined>;

/** The bytes of one file as they arrive. */
export interface FileSource {
  /** Rejects when the upload is aborted, such as by a client that disconnects. */
  readonly read: ReadChunk;
  /** Returns the whole file if it has arrived, and has at most `limit` bytes. Else it is still to be read. */
  takeWhole?(limit: number): Uint8Array | undefined;
  /** The length of the file if it is the last part of its form, or the declared one. */
  readonly expectedLength?: number | undefined;
  /** @default 'likely' */
  readonly likelihood?: Likelihood | undefined;
  /** The body itself, for a file of the backend that can be read again from its start. */
  readonly seekable?: UploadBody & SeekableFile;
  /** Whether `expectedLength` was declared or computed. @default 'computed' */
  readonly expectedBy?: 'declared' | 'computed';
}

/** The start of a file: the whole file when `ended`. */
export interface ReadAhead {
  /** Its bytes. We take them out when they are sent or on disk, so that they are not retained while the rest arrives. */
  bytes: Uint8Array;
  readonly ended: boolean;
  /** Whether its client is slow. */
  readonly isSlow: boolean;
  /** Whether there was memory for all of it. */
  readonly isCounted: boolean;
  /** Reads what follows, of one that has ended early: type and pixels are known. */
  readonly readOn?: ReadChunk;
}

/** The bytes of a file with their length, ready to be sent. */
export interface UploadBody {
  /** Which kind of slot it needs. @default 'here' */
  readonly origin?: Origin;
  readonly length: number;
  readonly lengthSource: LengthSource;
  /**
   * The bytes to send. Reading ends only after exactly `length` bytes. Else it fails: with `LENGTH_MISMATCH` if the length was
   * declared, with `LENGTH_REQUIRED` if it was computed.
   */
  body(): Uint8Array | ReadChunk;
  /**
   * Receives the rest of the file, and returns the body to send again, whose length is certain. If there is no room for the rest,
   * that body sends it while it arrives, behind what the copy has. Undefined if there is no copy.
   *
   * @param isSlow whether its client is slow, see {@link ReplayCopy.leavePool}
   * @throws ImgwireError `TEMPORARY_FILE_FAILED` or `TOO_MANY_UPLOADS` if the copy was lost
   */
  replay?(isSlow?: boolean): Promise<UploadBody>;
  /**
   * Whether it gives its slot to another file now: its client has been slow lately, and there is room for the rest of it. Only a
   * file that still arrives, and has a copy, does.
   */
  yields?(): boolean;
  /** Whether a stale connection would be an error, since there is no copy. */
  readonly isOnlyOne?: boolean;
  /** Which connection it needs: its PUT over a reused one failed, since the object storage had closed that. @default any */
  readonly connection?: 'new';
  /** Drains the rest of the file, for an upload that does not need it. */
  drain(): Promise<void>;
  /** Releases the copy, if there is one. */
  readonly close: (() => Promise<void>) | undefined;
}

/** A replay copy: the bytes of a file that have streamed so far. */
export interface ReplayCopy {
  /** Bytes appended so far. */
  size(): number;
  /**
   * Appends one chunk; one call at a time. The promise, if any, resolves when the next one may be appended: the chunk may not
   * be written yet.
   */
  append(chunk: Uint8Array): Promise<void> | undefined;
  /**
   * Takes no segment of the pool from now on, since its client is slow: 32 of those would have them all.
   *
   * @throws ImgwireError `TEMPORARY_FILE_FAILED`
   */
  leavePool(): Promise<void>;
  /** Whether we gave it up, since it could not be written. It can be appended to, and not be read. */
  lost(): boolean;
  /** Whether there is room for so many bytes more. */
  hasRoom(bytes: number): boolean;
  /** Resolves when all of it is written. @throws ImgwireError `TEMPORARY_FILE_FAILED` */
  flush(): Promise<void>;
  /** Reads the bytes from an offset on, by default from the start; can be called again. */
  reader(from?: number): ReadChunk;
  close(): Promise<void>;
}

/** Inspects the bytes of a file as they stream. What it throws ends the upload. */
export interface StreamInspector {
  /** The promise, if any, resolves when it has room for the next chunk. */
  pass(chunk: Uint8Array): Promise<void> | void;
  /** Called at the end of the stream, before the last bytes are sent. @param whole the file, if it can be read again */
  end(whole?: SeekableFile): Promise<void> | void;
}
