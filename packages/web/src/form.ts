import type { FormFields, ImgwireImage, ReceivedForm } from '@imgwire/core';
import { type RequestImgwire, toRequestFiles } from '@imgwire/core/adapter';

/** What a request brought: its images, which are stored, and its text fields. */
export interface ImgwireForm<Fields = FormFields> extends RequestImgwire {
  /** The first image of the request; undefined if it had none. */
  readonly image: ImgwireImage | undefined;
  /** Every image of the request, in the order of the form. */
  readonly images: readonly ImgwireImage[];
  /**
   * The text fields, nested as multer nests them; empty for a request that is not a form. With the rule `form`, what its schema
   * makes of them.
   */
  readonly fields: Fields;
}

/** What a request brought that must have an image. */
export interface ImgwireFormWithImage<Fields = FormFields> extends ImgwireForm<Fields> {
  /** The first image of the request. */
  readonly image: ImgwireImage;
}

/** Turns what core received into what a handler gets. */
export function toForm({ files, fields, rejected }: ReceivedForm): ImgwireForm {
  const images = files.map((file) => file.image);
  return { image: images[0], images, fields, ...toRequestFiles(files, rejected) };
}
