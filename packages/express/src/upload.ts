import type { UploadRules } from '@imgwire/core';
import {
  attach,
  type FactoryOptions,
  parseOptions,
  type RouteMethods,
  receivesRequest,
  routeMethods,
  routeRules,
  type UploadKind,
} from '@imgwire/core/adapter';
import type { Request, RequestHandler } from 'express';
import { callNext } from './call-next.ts';

/** An instance of Imgwire or the options to create one, and the rules of the uploads. */
export type ImgwireUploadOptions = FactoryOptions<Request>;

/**
 * The middleware for files in any field, multer's methods for those in known ones, and `body` for a file without a form. Rules of a route override those of
 * `imgwireUpload()`, `limits` one by one.
 */
export type ImgwireUpload = RequestHandler & RouteMethods<Request, RequestHandler>;

/**
 * Middleware that streams the files of a multipart form to Imgwire while they arrive. When the handler runs, they are
 * stored: they are in `req.image`, `req.images` and `req.imgwire`, and `req.body` has the text fields. A request that is
 * not multipart/form-data passes through, its body untouched.
 *
 * @example
 * const upload = imgwireUpload(); // IMGWIRE_API_KEY from the environment
 * app.post('/avatar', upload.single('avatar'), (req, res) => res.json(req.image));
 *
 * @throws TypeError that names the wrong option or rule, when the middleware is created
 */
export function imgwireUpload(options: ImgwireUploadOptions = {}): ImgwireUpload {
  const caller = 'imgwireUpload()';
  const { connect, rules: shared } = parseOptions(caller, options);
  const imgwire = connect();
  const route = (rules: UploadRules<Request>, _name: string, kind: UploadKind): RequestHandler => {
    const receive = kind === 'form' ? imgwire.receiver(rules) : imgwire.bodyReceiver(rules);
    const receives = receivesRequest(rules, kind);
    return (req, res, next) => {
      if (receives(req.headers)) {
        const attached = receive(req, res).then((form) => {
          if (kind === 'form') req.body = form.fields;
          attach(req, form);
        });
        callNext(attached, res, next);
        return;
      }
      attach(req, { files: [] });
      next();
    };
  };
  return Object.assign(
    route(routeRules(caller, shared), caller, 'form'),
    routeMethods(caller, shared, route),
  );
}
