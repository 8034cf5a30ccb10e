import type { SeekableFile } from '../../inspect/size-inspector.ts';
import type { LengthSource, ReplayCopy, UploadBody } from '../upload-body.ts';

const nothing = async (): Promise<void> => undefined;

/** A body that can be read from its start as often as needed. */
export function replayableBody(
  length: number,
  lengthSource: LengthSource,
  body: SeekableFile['body'],
  close?: UploadBody['close'],
): UploadBody & SeekableFile {
  const content: UploadBody & SeekableFile = {
    length,
    lengthSource,
    body,
    replay: async () => content,
    drain: nothing,
    close,
  };
  return content;
}

/** A body in memory. */
export const inMemory = (bytes: Uint8Array, lengthSource: LengthSource): UploadBody & SeekableFile =>
  replayableBody(bytes.length, lengthSource, (from = 0) => bytes.subarray(from));

/** A body from a copy that is whole. */
export const fromCopy = (copy: ReplayCopy, lengthSource: LengthSource): UploadBody & SeekableFile =>
  replayableBody(
    copy.size(),
    lengthSource,
    (from) => copy.reader(from),
    () => copy.close(),
  );
