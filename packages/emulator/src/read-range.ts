/** Reads a part of the bytes; shorter at the end. */
export type ReadRange = (start: number, length: number) => Promise<Buffer>;
