import type { BodyRules, FieldRules, FormFields, ImgwireImage, UploadRules } from '@imgwire/core';
import {
  type FactoryOptions,
  type FormOutput,
  parseOptions,
  receivesRequest,
  routeMethods,
  routeRules,
  type UploadKind,
  watchAwait,
} from '@imgwire/core/adapter';
import { assertRequest } from './assert-request.ts';
import { type ImgwireForm, type ImgwireFormWithImage, toForm } from './form.ts';
import { handlerOf, type ImgwireHandler } from './handler.ts';
import { receiveIncoming, type WebIncoming } from './incoming.ts';
import { onFirstUse } from './on-first-use.ts';

/**
 * An instance of Imgwire or the options to create one, and the rules of the uploads. `discardOnError` belongs to `handler`,
 * which knows the response; where you `receive`, `discard()` is yours to call.
 */
export type ImgwireUploadOptions<Fields = unknown> = FactoryOptions<Request, Fields>;

/** The two ways to receive the files of a route; `Form` is what it receives, with an image for certain where one is required. */
export interface ImgwireUploadRoute<Form extends ImgwireForm<unknown> = ImgwireForm> {
  /**
   * Receives a request: when it resolves, its files are stored. A request that is not multipart/form-data has none, and its body
   * is untouched; with `required` or `form` it is rejected.
   *
   * @throws ImgwireError any code; the errors of `authorize`, `form` and `metadata` unchanged
   */
  receive(request: Request): Promise<Form>;
  /** Makes a route of a handler, see {@link ImgwireHandler}. */
  readonly handler: ImgwireHandler<Form>;
}

/** Rules of a route that say nothing of `required`: those of `imgwireUpload()` decide. */
type Silent = { readonly required?: undefined };
/** Rules that require a file. */
type Requiring = { readonly required: true };

/** Makes a route of its fields, and of rules that go last. */
interface RouteMethod<Args extends readonly unknown[], Form extends ImgwireForm<unknown>> {
  <Fields = Form['fields']>(
    ...args: [...Args, rules: UploadRules<Request, Fields> & Requiring]
  ): ImgwireUploadRoute<ImgwireFormWithImage<FormOutput<Fields>>>;
  <Fields = Form['fields']>(
    ...args: [...Args, rules?: UploadRules<Request, Fields> & Silent]
  ): ImgwireUploadRoute<WithFields<Form, FormOutput<Fields>>>;
  <Fields = Form['fields']>(
    ...args: [...Args, rules?: UploadRules<Request, Fields>]
  ): ImgwireUploadRoute<ImgwireForm<FormOutput<Fields>>>;
}

/** Makes a route for bodies, likewise. */
interface BodyMethod<Form extends ImgwireForm<unknown>> {
  (rules: BodyRules<Request> & Requiring): ImgwireUploadRoute<ImgwireFormWithImage>;
  (rules?: BodyRules<Request> & Silent): ImgwireUploadRoute<WithFields<Form, FormFields>>;
  (rules?: BodyRules<Request>): ImgwireUploadRoute;
}

/** The same form with other text fields. */
type WithFields<Form, Fields> = Form extends { readonly image: ImgwireImage }
  ? ImgwireFormWithImage<Fields>
  : ImgwireForm<Fields>;

/**
 * A route for files in any field, multer's methods for those in known ones, and `body` for a file without a form. Rules of a route override those of
 * `imgwireUpload()`, `limits` one by one. With `required: true`, here or there, the form has an `image` for certain.
 */
export interface ImgwireUpload<Form extends ImgwireForm<unknown> = ImgwireForm>
  extends ImgwireUploadRoute<Form> {
  /** One file, in the field `name`. */
  readonly single: RouteMethod<[name: string], Form>;
  /** Files in the field `name`, at most `maxCount` of them. */
  readonly array: RouteMethod<[name: string, maxCount?: number], Form>;
  /** Files in the named fields, each with its own rules. */
  readonly fields: RouteMethod<[fields: readonly FieldRules[]], Form>;
  /** Files in any field, or in those that the rules name. */
  readonly any: RouteMethod<[], Form>;
  /** One file, which is the body of the request itself. */
  readonly body: BodyMethod<Form>;
}

/**
 * Receives multipart forms from web requests, and streams their files to Imgwire while they arrive. For every framework whose
 * handlers take a `Request` and return a `Response`. The instance is made by the first form: a missing key is an error of that
 * request, since builds of frameworks load routes where there are no keys.
 *
 * @example
 * const upload = imgwireUpload(); // IMGWIRE_API_KEY from the environment
 * export const POST = upload.single('avatar').handler(({ image }) => Response.json(image));
 *
 * @throws TypeError that names the wrong option or rule, when it is created
 */
export function imgwireUpload<Fields>(
  options: ImgwireUploadOptions<Fields> & Requiring,
): ImgwireUpload<ImgwireFormWithImage<FormOutput<Fields>>>;
export function imgwireUpload<Fields>(
  options?: ImgwireUploadOptions<Fields>,
): ImgwireUpload<ImgwireForm<FormOutput<Fields>>>;
export function imgwireUpload(options: ImgwireUploadOptions = {}): ImgwireUpload<ImgwireFormWithImage> {
  const caller = 'imgwireUpload()';
  const { connect, rules: shared } = parseOptions(caller, options);
  const instance = onFirstUse(connect);
  const route = (
    rules: UploadRules<Request>,
    _name: string,
    kind: UploadKind,
  ): ImgwireUploadRoute<ImgwireFormWithImage> => {
    const receiver = onFirstUse(() =>
      kind === 'form' ? instance().receiver(onIncoming(rules)) : instance().bodyReceiver(onIncoming(rules)),
    );
    const receives = receivesRequest(rules, kind);
    // Without its image where none is required: which it is, the signatures tell.
    const run = async (request: Request): Promise<ImgwireFormWithImage> => {
      assertRequest('receive()', request);
      const headers = Object.fromEntries(request.headers);
      if (!receives(headers)) return toForm({ files: [], fields: {}, rejected: [] }) as ImgwireFormWithImage;
      return toForm(await receiveIncoming(request, headers, receiver())) as ImgwireFormWithImage;
    };
    const watch = watchAwait('receive()');
    const receive = (request: Request): Promise<ImgwireFormWithImage> => watch(run(request));
    return { receive, handler: handlerOf(receive, rules.discardOnError) };
  };
  return { ...route(routeRules(caller, shared), caller, 'form'), ...routeMethods(caller, shared, route) };
}

/** Core's callbacks get the stream, the user's the request. */
function onIncoming({ authorize, metadata, ...rules }: UploadRules<Request>): UploadRules<WebIncoming> {
  return {
    ...rules,
    ...(authorize && { authorize: ({ request }) => authorize(request) }),
    ...(metadata && { metadata: ({ request }, file) => metadata(request, file) }),
  };
}
