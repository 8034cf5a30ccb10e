import type { ImgwireImage, ReceivedFile, ReceivedForm } from '@imgwire/core';
import type { Request } from 'express';

/** The files of a request. */
export interface RequestImgwire {
  /** In the order of the form. */
  readonly files: readonly ReceivedFile[];
  /** The same by field name. */
  readonly byField: Readonly<Record<string, readonly ReceivedFile[] | undefined>>;
  /** Deletes every image of the request, for a handler that cannot use them. Never rejects. */
  discard(): Promise<void>;
}

declare global {
  // Express's own extension point for middleware.
  namespace Express {
    interface Request {
      /** The first image of the request; undefined if it had none. */
      image?: ImgwireImage;
      /** Every image of the request, in the order of the form. */
      images: ImgwireImage[];
      /** What is known of the uploaded files besides their records. */
      imgwire: RequestImgwire;
    }
  }
}

/** Puts an imported image on the request. */
export function attachImage(req: Request, image: ImgwireImage, discard: () => Promise<void>): void {
  req.image = image;
  req.images = [image];
  req.imgwire = { files: [], byField: Object.create(null) as RequestImgwire['byField'], discard };
}

/** Puts the received files on the request. */
export function attachFiles(req: Request, { files }: Pick<ReceivedForm, 'files'>): void {
  const byField = Object.create(null) as Record<string, ReceivedFile[]>;
  for (const file of files) {
    byField[file.fieldname] ??= [];
    byField[file.fieldname]?.push(file);
  }
  req.images = files.map((file) => file.image);
  if (req.images[0]) req.image = req.images[0];
  req.imgwire = {
    files,
    byField,
    discard: async () => void (await Promise.all(files.map((file) => file.discard()))),
  };
}
