import { type FactoryOptions, type FieldRules, isForm, splitOptions } from '@imgwire/core';
import type { Request, RequestHandler } from 'express';
import { attachFiles } from './request.ts';

/** A connection to Imgwire or the options to make one, and the rules of the uploads. */
export type ImgwireUploadOptions = FactoryOptions<Request>;

/** The middleware for files in any field, and multer's methods for those in known ones. */
export interface ImgwireUpload extends RequestHandler {
  /** One file, in the field `name`. */
  single(name: string): RequestHandler;
  /** Files in the field `name`, at most `maxCount` of them. */
  array(name: string, maxCount?: number): RequestHandler;
  /** Files in the named fields, each with rules of its own. */
  fields(fields: readonly FieldRules[]): RequestHandler;
  /** Files in any field. */
  any(): RequestHandler;
}

/**
 * Middleware that streams the files of a multipart form to Imgwire while they arrive. When the handler runs, they are
 * stored: `req.image`, `req.images` and `req.imgwire` tell of them, and `req.body` has the text fields. A request that is
 * not multipart/form-data passes through, its body untouched.
 *
 * @example
 * const upload = imgwireUpload(); // IMGWIRE_API_KEY from the environment
 * app.post('/avatar', upload.single('avatar'), (req, res) => res.json(req.image));
 *
 * @throws TypeError that names the wrong option, when the middleware is made
 */
export function imgwireUpload(options: ImgwireUploadOptions = {}): ImgwireUpload {
  const { imgwire, rules } = splitOptions('imgwireUpload()', options);
  const middleware = (fields?: readonly FieldRules[]): RequestHandler => {
    const receive = imgwire.receiver<Request>(fields ? { ...rules, fields } : rules);
    const mustHaveFile = rules.required || fields?.some((field) => field.required);
    return (req, res, next) => {
      // A request that must have a file is refused when it is no form.
      if (!(mustHaveFile || isForm(req.headers))) {
        attachFiles(req, { files: [] });
        next();
        return;
      }
      receive(req, res).then(
        (form) => {
          req.body = form.fields;
          attachFiles(req, form);
          next();
        },
        (error: unknown) => {
          // Express would cut the connection, and with it the answer that is on its way.
          if (!res.writableEnded) next(error);
        },
      );
    };
  };
  // Rules that were given for a field hold however the field is named as the one to use.
  const named = (name: string, maxCount?: number): FieldRules => ({
    ...rules.fields?.find((field) => field.name === name),
    name,
    ...(maxCount !== undefined && { maxCount }),
  });
  return Object.assign(middleware(rules.fields), {
    single: (name: string) => middleware([named(name, 1)]),
    array: (name: string, maxCount?: number) => middleware([named(name, maxCount)]),
    fields: (fields: readonly FieldRules[]) => middleware(fields),
    any: () => middleware(),
  });
}
