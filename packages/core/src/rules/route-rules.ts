import { definedOf } from '../base/defined-of.ts';
import { assertOptions, type Check, count, text } from '../base/validate.ts';
import { type FieldRules, RULE_CHECKS, type UploadRules } from './rules.ts';

/** The fields of the form in which a route takes files, undefined for any; given the rules of the route, and its name. */
export type RouteFields = (rules: UploadRules<never>, who: string) => readonly FieldRules[] | undefined;

/**
 * The rules of one route: its own go before those that it shares with others, `limits` are merged one by one.
 *
 * @param who what makes the route, for the error: `imgwireUpload().single()`
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
 * Files in the field `name`, at most `maxCount` of them. Rules that were given for a field hold however the field is named
 * as the one to use.
 */
export const inField =
  (name: string, maxCount?: number): RouteFields =>
  ({ fields }, who) => {
    // Only what is there is checked, and without a name every file would be refused.
    const given = { name: (name as string | undefined) ?? null, maxCount };
    assertOptions(who, given, { name: fieldName, maxCount: count });
    const rules = fields?.find((field) => field.name === name);
    return [{ ...rules, name, ...(maxCount !== undefined && { maxCount }) }];
  };

/** Files in the named fields, each with rules of its own. */
export const inFields =
  (fields: readonly FieldRules[]): RouteFields =>
  (_rules, who) => {
    assertOptions(who, { fields: (fields as typeof fields | undefined) ?? null }, RULE_CHECKS);
    return fields;
  };

/** Files in the fields that the rules name, or in any. */
export const inAnyField: RouteFields = ({ fields }) => fields;
