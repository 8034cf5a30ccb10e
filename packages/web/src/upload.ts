import {
  type FactoryOptions,
  type FieldRules,
  inAnyField,
  inField,
  inFields,
  isForm,
  partOptions,
  type RouteFields,
  RULE_CHECKS,
  routeRules,
  type UploadRules,
} from '@imgwire/core';
import { type ImgwireForm, toForm } from './form.ts';
import { handlerOf, type ImgwireHandler } from './handler.ts';
import { receiveIncoming, type WebIncoming } from './incoming.ts';
import { onFirstUse } from './on-first-use.ts';

/**
 * A connection to Imgwire or the options to create one, and the rules of the uploads. `discardOnError` belongs to `handler`,
 * which knows the response; where you `receive`, `discard()` is yours to call.
 */
export type ImgwireUploadOptions = FactoryOptions<Request>;

/** The two ways to receive the files of a route. */
export interface ImgwireUploadRoute {
  /**
   * Receives a request: when it resolves, its files are stored. A request that is not multipart/form-data has none, and its body
   * is untouched.
   *
   * @throws ImgwireUploadError any code; the errors of `authorize` and `metadata` unchanged
   */
  receive(request: Request): Promise<ImgwireForm>;
  /** Makes a route of a handler, see {@link ImgwireHandler}. */
  readonly handler: ImgwireHandler<ImgwireForm>;
}

/**
 * A route for files in any field, and multer's methods for those in known ones. Rules of a route override those of
 * `imgwireUpload()`, `limits` one by one.
 */
export interface ImgwireUpload extends ImgwireUploadRoute {
  /** One file, in the field `name`. */
  single(name: string, rules?: UploadRules<Request>): ImgwireUploadRoute;
  /** Files in the field `name`, at most `maxCount` of them. */
  array(name: string, maxCount?: number, rules?: UploadRules<Request>): ImgwireUploadRoute;
  /** Files in the named fields, each with its own rules. */
  fields(fields: readonly FieldRules[], rules?: UploadRules<Request>): ImgwireUploadRoute;
  /** Files in any field, or in those that the rules name. */
  any(rules?: UploadRules<Request>): ImgwireUploadRoute;
}

/**
 * Receives multipart forms from web requests, and streams their files to Imgwire while they arrive. For every framework whose
 * handlers take a `Request` and return a `Response`. The connection is made by the first form: a missing key is an error of that
 * request, since builds of frameworks load routes where there are no keys.
 *
 * @example
 * const upload = imgwireUpload(); // IMGWIRE_API_KEY from the environment
 * export const POST = upload.single('avatar').handler(({ image }) => Response.json(image));
 *
 * @throws TypeError that names the wrong option or rule, when it is created
 */
export function imgwireUpload(options: ImgwireUploadOptions = {}): ImgwireUpload {
  const { connect, rules: shared } = partOptions<UploadRules<Request>>(
    'imgwireUpload()',
    options,
    RULE_CHECKS,
  );
  const connection = onFirstUse(connect);
  const route = (
    method: string,
    fieldsOf: RouteFields,
    own: UploadRules<Request> = {},
  ): ImgwireUploadRoute => {
    const rules = routeRules(`imgwireUpload()${method}`, shared, own, fieldsOf);
    const receiver = onFirstUse(() => connection().receiver(onIncoming(rules)));
    const mustHaveFile = rules.required || rules.fields?.some((field) => field.required);
    const receive = async (request: Request): Promise<ImgwireForm> => {
      const headers = Object.fromEntries(request.headers);
      // A request that requires a file is rejected if it is not a form.
      if (!(mustHaveFile || isForm(headers))) return toForm({ files: [], fields: {} });
      return toForm(await receiveIncoming(request, headers, receiver()));
    };
    return { receive, handler: handlerOf(receive, rules.discardOnError) };
  };
  return {
    ...route('', inAnyField),
    single: (name, rules) => route('.single()', inField(name, 1), rules),
    array: (name, maxCount, rules) => route('.array()', inField(name, maxCount), rules),
    fields: (fields, rules) => route('.fields()', inFields(fields), rules),
    any: (rules) => route('.any()', inAnyField, rules),
  };
}

/** Core's callbacks get the stream, the user's the request. */
function onIncoming({ authorize, metadata, ...rules }: UploadRules<Request>): UploadRules<WebIncoming> {
  return {
    ...rules,
    ...(authorize && { authorize: ({ request }) => authorize(request) }),
    ...(metadata && { metadata: ({ request }, file) => metadata(request, file) }),
  };
}
