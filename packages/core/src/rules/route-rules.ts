import { definedOf } from '../base/defined-of.ts';
import { assertOptions, type Check, count, text } from '../base/validate.ts';
import { type FieldRules, RULE_CHECKS, type UploadRules } from './rules.ts';

/** The form fields in which a route accepts files, undefined for any; given the rules of the route, and its name. */
export type RouteFields = (rules: UploadRules<never>, who: string) => readonly FieldRules[] | undefined;

/**
 * The rules of one route: its own override the shared ones, `limits` are merged one by one.
 *
 * @param who what creates the route, for the error: `imgwireUpload().single()`
 * @throws TypeError that names the wrong rule
 */
export function routeRules<Request>(
  who: string,
  shared: UploadRules<Request>,
  own: UploadRules<Request>,
  fieldsOf: RouteFields,
): UploadRules<Request> {
  assertOptions(who, own, RULE_CHECKS);
  const limits = { ...shared.limits, ...definedOf(own.limits ?? {}) };
  const merged = { ...shared, ...definedOf(own), ...(Object.keys(limits).length > 0 && { limits }) };
  const { fields: _, ...rest } = merged;
  const fields = fieldsOf(merged, who);
  return { ...rest, ...(fields && { fields }) };
}

const fieldName: Check = (value) => text(value) && "the name of a form field, such as 'avatar'";

/**
 * Files in the field `name`, at most `maxCount` of them. Rules given for this field in the shared `fields` apply too.
 */
export const inField =
  (name: string, maxCount?: number): RouteFields =>
  ({ fields }, who) => {
    // An absent option is not checked, and without a name every file would be rejected.
    const given = { name: (name as string | undefined) ?? null, maxCount };
    assertOptions(who, given, { name: fieldName, maxCount: count });
    const rules = fields?.find((field) => field.name === name);
    return [{ ...rules, name, ...(maxCount !== undefined && { maxCount }) }];
  };

/** Files in the named fields, each with its own rules. */
export const inFields =
  (fields: readonly FieldRules[]): RouteFields =>
  (_rules, who) => {
    assertOptions(who, { fields: (fields as typeof fields | undefined) ?? null }, RULE_CHECKS);
    return fields;
  };

/** Files in the fields that the rules name, or in any. */
export const inAnyField: RouteFields = ({ fields }) => fields;
