import { DIRECT_CHECKS, TOKEN_CHECKS } from '../direct/rules.ts';
import { flag, httpUrl, text } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { BODY_CHECKS } from '../rules/check-body-rules.ts';
import { FIELD_CHECKS, RULE_CHECKS } from '../rules/check-rules.ts';
import { VIA_URL_CHECKS } from './upload-via-url.ts';

/** The checks of the rules that adapters take, for `parseOptions()` and `assertOptions()`. */
export const CHECKS: {
  /** Of `UploadRules`. */
  readonly upload: typeof RULE_CHECKS;
  /** Of `BodyRules`. */
  readonly body: typeof BODY_CHECKS;
  /** Of `FieldRules`. */
  readonly field: typeof FIELD_CHECKS;
  /** Of `UploadTokenRules`. */
  readonly token: typeof TOKEN_CHECKS;
  /** Of `DirectUploadRules`. */
  readonly direct: typeof DIRECT_CHECKS;
  /** Of `UploadViaUrlRules`. */
  readonly viaUrl: typeof VIA_URL_CHECKS;
  /** Of one value, for options of the adapter's own. */
  readonly value: { readonly flag: Check; readonly httpUrl: Check; readonly text: Check };
} = {
  upload: RULE_CHECKS,
  body: BODY_CHECKS,
  field: FIELD_CHECKS,
  token: TOKEN_CHECKS,
  direct: DIRECT_CHECKS,
  viaUrl: VIA_URL_CHECKS,
  value: { flag, httpUrl, text },
};
