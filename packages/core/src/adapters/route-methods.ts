import { inAnyField, inField, inFields, type RouteFields } from '../rules/route-rules.ts';
import type { FieldRules } from '../rules/rules.ts';

/** multer's methods: each makes a route for files in known fields. */
export interface RouteMethods<Rules, Route> {
  /** One file, in the field `name`. */
  single(name: string, rules?: Rules): Route;
  /** Files in the field `name`, at most `maxCount` of them. */
  array(name: string, maxCount?: number, rules?: Rules): Route;
  /** Files in the named fields, each with its own rules. */
  fields(fields: readonly FieldRules[], rules?: Rules): Route;
  /** Files in any field, or in those that the rules name. */
  any(rules?: Rules): Route;
}

/** Creates them from a function that makes a route; `method` is for its errors. */
export const routeMethods = <Rules, Route>(
  route: (method: string, fieldsOf: RouteFields, rules?: Rules) => Route,
): RouteMethods<Rules, Route> => ({
  single: (name, rules) => route('.single()', inField(name, 1), rules),
  array: (name, maxCount, rules) => route('.array()', inField(name, maxCount), rules),
  fields: (fields, rules) => route('.fields()', inFields(fields), rules),
  any: (rules) => route('.any()', inAnyField, rules),
});
