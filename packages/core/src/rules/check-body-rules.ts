import { misplaced, shape } from '../options/checks.ts';
import type { Check, Checks } from '../options/option-problem.ts';
import { LIMIT_CHECKS, RULE_CHECKS } from './check-rules.ts';
import type { BodyRules } from './rules.ts';

/** Rules that a body does not have: it is one file, without fields. */
const ofForms = (checks: Checks): Checks => {
  const instead = misplaced('a body is one file without fields: leave it out');
  return Object.fromEntries(Object.keys(checks).map((name) => [name, instead]));
};
const { fileSize, ...formLimits } = LIMIT_CHECKS;
const { limits: _, fields, form, onFileError, ...ofAnyUpload } = RULE_CHECKS;

/** The checks of {@link BodyRules}. */
export const BODY_CHECKS: Readonly<Record<keyof BodyRules<unknown>, Check>> = {
  limits: shape({ fileSize, ...ofForms(formLimits) }),
  ...ofAnyUpload,
  ...ofForms({ fields, form, onFileError }),
};
