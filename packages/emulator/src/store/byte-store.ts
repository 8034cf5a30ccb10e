import type { Readable } from 'node:stream';

/** Bytes that are stored, as the record keeps it. */
export interface StoredBytes {
  /**
   * Name inside the byte store; a new one for each PUT, so that a replacement never touches what is being
   * read.
   */
  readonly key: string;
  readonly sizeBytes: number;
  /** Lower-case hex, computed while the bytes arrived. */
  readonly sha256: string;
}

/** Bytes that have arrived in full but that no record refers to yet. */
export interface ReceivedBytes extends StoredBytes {
  /** Drops them again. */
  discard(): Promise<void>;
}

/** Keeps the bytes of images, and nothing about them. */
export interface ByteStore {
  /**
   * Stores a stream, whole or not at all; when it resolves the bytes would survive a crash as far as the
   * store promises that. Rejects with what the stream rejects with.
   */
  receive(imageId: string, chunks: AsyncIterable<Buffer>): Promise<ReceivedBytes>;
  /** A part of the bytes, shorter at the end. */
  range(stored: StoredBytes, start: number, length: number): Promise<Buffer>;
  /** All of the bytes as a stream, or those from `start` to `end`, both included. */
  stream(stored: StoredBytes, range?: { start: number; end: number }): Readable;
  /** The bytes, or the path of the file that holds them, for a decoder that takes either. */
  source(stored: StoredBytes): Buffer | string;
  remove(stored: StoredBytes): Promise<void>;
  /** Drops everything that is not among these: what a crash has left over, or everything at a reset. */
  keepOnly(keys: ReadonlySet<string>): Promise<void>;
}
