import type { ReceivedFile } from '@imgwire/core';

/** What a file of multer has besides its own properties, where its storage is `imgwireStorage()`. */
export type ImgwireMulterFile = Pick<
  ReceivedFile,
  'discard' | 'existing' | 'height' | 'image' | 'lengthSource' | 'sha256' | 'width'
>;

declare global {
  // multer's own extension point, where its types are installed.
  namespace Express.Multer {
    interface File extends Partial<ImgwireMulterFile> {}
  }
}
