import { count, text } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import type { Check } from '../options/option-problem.ts';
import { assertNotRequest, assertOptions } from '../options/validate.ts';
import { BODY_CHECKS } from './check-body-rules.ts';
import { RULE_CHECKS } from './check-rules.ts';
import { assertCounts } from './file-counts.ts';
import type { BodyRules, FieldRules, UploadRules } from './rules.ts';

/** Returns the form fields in which a route accepts files; undefined for any. */
export type RouteFields = (rules: UploadRules<never>, caller: string) => readonly FieldRules[] | undefined;

/**
 * Merges the rules of one route: its own override the shared ones, `limits` one by one.
 *
 * @param caller what creates the route, for the error: `imgwireUpload().single()`
 * @throws TypeError that names the wrong rule
 */
export function routeRules<Request>(
  caller: string,
  shared: UploadRules<Request>,
  own: UploadRules<Request> = {},
  fieldsOf: RouteFields = inAnyField,
): UploadRules<Request> {
  assertOptions(caller, own, RULE_CHECKS);
  const limits = { ...shared.limits, ...definedOf(own.limits ?? {}) };
  const merged = { ...shared, ...definedOf(own), ...(Object.keys(limits).length > 0 && { limits }) };
  const { fields: _, ...rest } = merged;
  const fields = fieldsOf(merged, caller);
  const rules = { ...rest, ...(fields && { fields }) };
  assertCounts(caller, rules);
  return rules;
}

/**
 * The same for a route that receives bodies. The shared rules that only forms have do not apply.
 *
 * @throws TypeError for a request in place of the rules
 */
export function bodyRouteRules<Request>(
  caller: string,
  shared: UploadRules<Request>,
  own: BodyRules<Request> = {},
): BodyRules<Request> {
  assertNotRequest('upload.body()', own, 'upload.body()');
  assertOptions(caller, own, BODY_CHECKS);
  const { limits, ...merged } = { ...shared, ...definedOf(own) };
  const fileSize = own.limits?.fileSize ?? shared.limits?.fileSize;
  const ofBodies = Object.entries(merged).filter(
    ([name]) => BODY_CHECKS[name as keyof BodyRules<unknown>]?.instead === undefined,
  );
  return { ...Object.fromEntries(ofBodies), ...(fileSize !== undefined && { limits: { fileSize } }) };
}

const fieldName: Check = (value) => text(value) && "the name of a form field, such as 'avatar'";
const maximum: Check = (value) =>
  typeof value === 'object' ? 'an integer that is at least 0: write it before the rules' : count(value);

/**
 * Takes files in the field `name`, at most `maxCount` of them. What the shared `fields` say of this field applies too.
 *
 * @throws TypeError for a request in place of the name
 */
export function inField(name: string, maxCount?: number): RouteFields {
  // Called as middleware, `array` has the response in the place of the count.
  const method = maxCount === 1 ? 'single' : 'array';
  assertNotRequest(`upload.${method}()`, name, `upload.${method}('avatar')`);
  return ({ fields }, caller) => {
    // An absent option is not checked, and without a name every file would be rejected.
    const given = { name: (name as string | undefined) ?? null, maxCount };
    assertOptions(caller, given, { name: fieldName, maxCount: maximum });
    const rules = fields?.find((field) => field.name === name);
    return [{ ...rules, name, ...(maxCount !== undefined && { maxCount }) }];
  };
}

/**
 * Takes files in the named fields, each with its own rules.
 *
 * @throws TypeError for a request in place of the fields
 */
export function inFields(fields: readonly FieldRules[]): RouteFields {
  assertNotRequest('upload.fields()', fields, "upload.fields([{ name: 'avatar' }])");
  return (_rules, caller) => {
    assertOptions(caller, { fields: (fields as typeof fields | undefined) ?? null }, RULE_CHECKS);
    return fields;
  };
}

/** Takes files in the fields that the rules name, or in any. */
export const inAnyField: RouteFields = ({ fields }) => fields;
