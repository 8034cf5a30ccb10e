import type { FieldRules, FormSchema, UploadRules } from '@imgwire/core';
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

/** Middleware whose body is the output of the schema in `form`, for the handlers behind it too. */
type WithBody<Body> = RequestHandler<Request['params'], Request['body'], Body>;
type Schema<Body> = { readonly form: FormSchema<Body> };
type RulesWithSchema<Body> = UploadRules<Request> & Schema<Body>;

/** multer's methods, with a schema for the text fields. */
interface SchemaMethods {
  single<Body>(name: string, rules: RulesWithSchema<Body>): WithBody<Body>;
  array<Body>(name: string, maxCount: number | undefined, rules: RulesWithSchema<Body>): WithBody<Body>;
  fields<Body>(fields: readonly FieldRules[], rules: RulesWithSchema<Body>): WithBody<Body>;
  any<Body>(rules: RulesWithSchema<Body>): WithBody<Body>;
}

/**
 * The middleware for files in any field, multer's methods for those in known ones, and `body` for a file without a form. Rules of a
 * route override those of `imgwireUpload()`, `limits` one by one. With `form`, here or there, `req.body` has the type of the schema's
 * output.
 */
export type ImgwireUpload<Route = RequestHandler> = Route & SchemaMethods & RouteMethods<Request, Route>;

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
export function imgwireUpload<Body>(
  options: ImgwireUploadOptions & Schema<Body>,
): ImgwireUpload<WithBody<Body>>;
export function imgwireUpload(options?: ImgwireUploadOptions): ImgwireUpload;
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
