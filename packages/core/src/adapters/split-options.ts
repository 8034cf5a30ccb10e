import type { Check, Checks } from '../options/option-problem.ts';
import { assertInput, assertOptions } from '../options/validate.ts';

/** What separates the options of a factory. */
export interface OptionGroups {
  /** The checks of its rules. */
  readonly rules: Checks;
  /** The checks of the options of its instance. */
  readonly instance: Checks;
  /** The check of an instance that is given in their place. */
  readonly imgwire: Check;
  /** The option that it cannot do without. */
  readonly needed?: string | undefined;
}

/**
 * Checks the options of a factory, and separates its rules from the options of its instance. Options without effect are rejected: an
 * ignored rule is a security hole.
 *
 * @param caller the factory, for the error: `imgwireUpload()`
 * @throws TypeError that names the wrong option
 */
export function splitOptions(
  caller: string,
  options: object,
  { rules, instance, imgwire, needed }: OptionGroups,
): { readonly ofRules: object; readonly ofInstance: object } {
  const all = { ...rules, imgwire, ...instance };
  if (needed === undefined) assertOptions(caller, options, all);
  else assertInput(caller, options, needed, all);
  const pick = (names: object): object =>
    Object.fromEntries(
      Object.entries(options).filter(([key, value]) => Object.hasOwn(names, key) && value !== undefined),
    );
  const ofInstance = pick(instance);
  const [misplaced] = Object.keys(ofInstance);
  if ('imgwire' in options && options.imgwire && misplaced) {
    throw new TypeError(
      `${caller}: option "${misplaced}" belongs to createImgwire(), which made \`imgwire\`.`,
    );
  }
  return { ofRules: pick(rules), ofInstance };
}
