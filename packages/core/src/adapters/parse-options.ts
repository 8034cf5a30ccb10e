import { createImgwire } from '../create-imgwire.ts';
import type { Imgwire } from '../imgwire.ts';
import { IMGWIRE_CHECKS, type ImgwireOptions } from '../imgwire-options.ts';
import { withMethods } from '../options/checks.ts';
import type { Check, Checks } from '../options/option-problem.ts';
import { RULE_CHECKS } from '../rules/check-rules.ts';
import type { UploadRules } from '../rules/rules.ts';
import { splitOptions } from './split-options.ts';

/** Where a factory of an adapter has its instance from: it is given one, or the options to create one. */
export interface ImgwireInstanceOptions extends ImgwireOptions {
  /** An instance made once with `createImgwire()`, in place of its options. */
  readonly imgwire?: Imgwire | undefined;
}

/** The options of an adapter's factory that receives uploads: its instance, and the rules of its uploads. */
export interface FactoryOptions<Request, Fields = unknown>
  extends ImgwireInstanceOptions,
    UploadRules<Request, Fields> {}

/** The options of a factory, parsed. */
export interface ParsedOptions<Rules> {
  readonly rules: Rules;
  /** Returns the instance of the options, or creates one. @throws TypeError without a key and a client */
  readonly connect: () => Imgwire;
}

const imgwire: Check = (value) => withMethods('receiver', 'storage')(value) && 'made by createImgwire()';

/**
 * Checks the options of a factory that receives uploads, and separates its rules from the options of its instance. Options without
 * effect are rejected: an ignored rule is a security hole. `connect` is yours to call, since only then a key must be there.
 *
 * @param caller the factory, for the error: `imgwireUpload()`
 * @throws TypeError that names the wrong option
 */
export function parseOptions<Request>(
  caller: string,
  options: FactoryOptions<Request>,
): ParsedOptions<UploadRules<Request>>;
/**
 * The same for a factory with other rules.
 *
 * @param checks the checks of its rules: one of `CHECKS`
 * @param needed the option that it cannot do without
 */
export function parseOptions<Rules extends object>(
  caller: string,
  options: ImgwireInstanceOptions & Rules,
  checks: Readonly<Record<keyof Rules, Check>>,
  needed?: keyof Rules & string,
): ParsedOptions<Rules>;
export function parseOptions<Rules extends object>(
  caller: string,
  options: ImgwireInstanceOptions & Rules,
  checks: Checks = RULE_CHECKS,
  needed?: string,
): ParsedOptions<Rules> {
  const groups = { rules: checks, instance: IMGWIRE_CHECKS, imgwire, needed };
  const { ofRules, ofInstance } = splitOptions(caller, options, groups);
  return { connect: () => options.imgwire ?? createImgwire(ofInstance), rules: ofRules as Rules };
}
