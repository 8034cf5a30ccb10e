/** A JPEG with a comment in front, so that its first 4 KiB do not tell its dimensions. */
export const commented = (jpeg: Buffer): Buffer =>
  Buffer.concat([
    jpeg.subarray(0, 2),
    Buffer.from([0xff, 0xfe, 0x20, 0x00]),
    Buffer.alloc(0x1ffe),
    jpeg.subarray(2),
  ]);
