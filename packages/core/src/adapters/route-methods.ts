import type { UploadKind } from '../receive/upload-kind.ts';
import {
  bodyRouteRules,
  inAnyField,
  inField,
  inFields,
  type RouteFields,
  routeRules,
} from '../rules/route-rules.ts';
import type { BodyRules, FieldRules, UploadRules } from '../rules/rules.ts';

/** multer's methods, each of which makes a route for files in known fields, and one for files without a form. */
export interface RouteMethods<Request, Route> {
  /** One file, in the field `name`. */
  single(name: string, rules?: UploadRules<Request>): Route;
  /** Files in the field `name`, at most `maxCount` of them. */
  array(name: string, maxCount?: number, rules?: UploadRules<Request>): Route;
  /** Files in the named fields, each with its own rules. */
  fields(fields: readonly FieldRules[], rules?: UploadRules<Request>): Route;
  /** Files in any field, or in those that the rules name. */
  any(rules?: UploadRules<Request>): Route;
  /** One file, which is the body of the request itself. */
  body(rules?: BodyRules<Request>): Route;
}

/** The fields of a route, as its method of multer's has them; for `routeRules()`. */
export const routeFields: {
  /** One file, in the field `name`. */
  readonly single: (name: string) => RouteFields;
  /** Files in the field `name`, at most `maxCount` of them. */
  readonly array: (name: string, maxCount?: number) => RouteFields;
  /** Files in the named fields. */
  readonly fields: (fields: readonly FieldRules[]) => RouteFields;
  /** Files in any field, or in those that the rules name. */
  readonly any: RouteFields;
} = { single: (name) => inField(name, 1), array: inField, fields: inFields, any: inAnyField };

/**
 * Creates multer's methods, and `body`, for your users. `make` turns the rules of one route into what the framework calls a route.
 *
 * @param caller what the methods belong to, for their errors: `imgwireUpload()`
 * @param shared the rules of all routes; those of a route override them, `limits` one by one
 * @param make gets the rules of a route, its name, `imgwireUpload().single()`, and whether it receives forms, or bodies that are
 *   the image; only a form has text fields
 */
export function routeMethods<Request, Route>(
  caller: string,
  shared: UploadRules<Request>,
  make: (rules: UploadRules<Request>, name: string, kind: UploadKind) => Route,
): RouteMethods<Request, Route> {
  const route = (method: string, fieldsOf: RouteFields, own: UploadRules<Request> = {}): Route =>
    make(routeRules(caller + method, shared, own, fieldsOf), caller + method, 'form');
  return {
    single: (name, rules) => route('.single()', routeFields.single(name), rules),
    array: (name, maxCount, rules) => route('.array()', routeFields.array(name, maxCount), rules),
    fields: (fields, rules) => route('.fields()', routeFields.fields(fields), rules),
    any: (rules) => route('.any()', routeFields.any, rules),
    body: (rules) => make(bodyRouteRules(`${caller}.body()`, shared, rules), `${caller}.body()`, 'body'),
  };
}
