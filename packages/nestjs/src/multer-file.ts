import type { ImgwireMulterFile } from '@imgwire/core/adapter';

declare global {
  // multer's own extension point, where its types are installed.
  namespace Express.Multer {
    interface File extends Partial<ImgwireMulterFile> {}
  }
}

export type { ImgwireMulterFile };
