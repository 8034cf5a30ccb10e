import type { WholeFile } from '../inspect/measure-image.ts';
import type { Content, Copy, LengthSource } from './content.ts';

const nothing = async (): Promise<void> => undefined;

/** Content that can be read from its start as often as needed. */
export function repeatable(
  length: number,
  lengthSource: LengthSource,
  body: WholeFile['body'],
  close?: Content['close'],
): Content & WholeFile {
  const content: Content & WholeFile = {
    length,
    lengthSource,
    body,
    again: async () => content,
    drain: nothing,
    close,
  };
  return content;
}

/** Content in memory. */
export const inMemory = (bytes: Uint8Array, lengthSource: LengthSource): Content & WholeFile =>
  repeatable(bytes.length, lengthSource, (from = 0) => bytes.subarray(from));

/** Content in a copy that is whole. */
export const fromCopy = (copy: Copy, lengthSource: LengthSource): Content & WholeFile =>
  repeatable(
    copy.size(),
    lengthSource,
    (from) => copy.reader(from),
    () => copy.close(),
  );
