import type { Readable } from 'node:stream';

/** Stored bytes, as referenced by the record. */
export interface StoredBytes {
  /** The name inside the byte store. Each PUT gets a new one, so that it never replaces bytes that are being read. */
  readonly key: string;
  readonly sizeBytes: number;
  /** Lower-case hex, computed while the bytes arrived. */
  readonly sha256: string;
}

/** Complete bytes that no record refers to yet. */
export interface ReceivedBytes extends StoredBytes {
  /** Discards them. */
  discard(): Promise<void>;
}

/** Reads a part of stored bytes, shorter at the end. */
export type ReadRange = (start: number, length: number) => Promise<Buffer>;

/** Stores the bytes of images, without metadata. */
export interface ByteStore {
  /**
   * Stores a stream, completely or not at all. When it resolves, the bytes survive a crash if they are in a folder. Rejects with
   * the stream's error.
   */
  receive(imageId: string, chunks: AsyncIterable<Buffer>): Promise<ReceivedBytes>;
  /** A range of the bytes, shorter at the end. */
  range(stored: StoredBytes, start: number, length: number): Promise<Buffer>;
  /** All bytes as a stream, or those from `start` to `end`, both inclusive. */
  stream(stored: StoredBytes, range?: { start: number; end: number }): Readable;
  /** The bytes, or the path of the file that holds them, for a decoder that takes either. */
  source(stored: StoredBytes): Buffer | string;
  remove(stored: StoredBytes): Promise<void>;
  /** Deletes everything else: what a crash has left behind, or everything at a reset. */
  keepOnly(keys: ReadonlySet<string>): Promise<void>;
}
