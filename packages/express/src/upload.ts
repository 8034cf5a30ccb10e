import type { FieldRules, UploadRules } from '@imgwire/core';
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
export type ImgwireUploadOptions<Fields = unknown> = FactoryOptions<Request, Fields>;

/** Middleware after which the body is the output of the schema in `form`; any body, if the compiler knows none. */
type Middleware<Fields = unknown> = RequestHandler<
  Request['params'],
  Request['body'],
  unknown extends Fields ? Request['body'] : Fields
>;

/** multer's methods. The body has the type of the route's own schema, or of the shared one. */
interface Methods<Shared>
  extends Omit<RouteMethods<Request, Middleware>, 'single' | 'array' | 'fields' | 'any'> {
  /** One file, in the field `name`. */
  single<Fields = Shared>(name: string, rules?: UploadRules<Request, Fields>): Middleware<Fields>;
  /** Files in the field `name`, at most `maxCount` of them. */
  array<Fields = Shared>(
    name: string,
    maxCount?: number,
    rules?: UploadRules<Request, Fields>,
  ): Middleware<Fields>;
  /** Files in the named fields, each with its own rules. */
  fields<Fields = Shared>(
    fields: readonly FieldRules[],
    rules?: UploadRules<Request, Fields>,
  ): Middleware<Fields>;
  /** Files in any field, or in those that the rules name. */
  any<Fields = Shared>(rules?: UploadRules<Request, Fields>): Middleware<Fields>;
}

/**
 * The middleware for files in any field, multer's methods for those in known ones, and `body` for a file without a form. Rules of a
 * route override those of `imgwireUpload()`, `limits` one by one. With `form`, here or there, `req.body` has the type of the schema's
 * output.
 */
export type ImgwireUpload<Fields = unknown> = Middleware<Fields> & Methods<Fields>;

/**
 * Middleware that streams the files of a multipart form to Imgwire while they arrive. When the handler runs, they are
 * stored: they are in `req.image`, `req.images` and `req.imgwire`, and `req.body` has the text fields. A request that is
 * not multipart/form-data passes through, its body untouched; with `required` or `form` it is rejected.
 *
 * @example
 * const upload = imgwireUpload(); // IMGWIRE_API_KEY from the environment
 * app.post('/avatar', upload.single('avatar'), (req, res) => res.json(req.image));
 *
 * @throws TypeError that names the wrong option or rule, when the middleware is created
 */
export function imgwireUpload<Fields = unknown>(
  options: ImgwireUploadOptions<Fields> = {},
): ImgwireUpload<Fields> {
  const caller = 'imgwireUpload()';
  const { connect, rules: shared } = parseOptions(caller, options);
  const imgwire = connect();
  const route = (rules: UploadRules<Request>, _name: string, kind: UploadKind): RequestHandler => {
    const receive = kind === 'form' ? imgwire.receiver(rules) : imgwire.bodyReceiver(rules);
    const receives = receivesRequest(rules, kind);
    return (req, res, next) => {
      if (receives(req.headers, req)) {
        const attached = receive(req, res).then((form) => {
          if (kind === 'form') req.body = form.fields;
          attach(req, form, kind);
        });
        callNext(attached, res, next);
        return;
      }
      attach(req, { files: [] }, kind);
      next();
    };
  };
  return Object.assign(
    route(routeRules(caller, shared), caller, 'form'),
    routeMethods(caller, shared, route),
  );
}
