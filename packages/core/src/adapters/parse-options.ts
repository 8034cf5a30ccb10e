import { createImgwire, type Imgwire } from '../create-imgwire.ts';
import { IMGWIRE_CHECKS, type ImgwireOptions } from '../imgwire-options.ts';
import { withMethods } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertInput, assertOptions } from '../options/validate.ts';
import type { UploadRules } from '../rules/rules.ts';

/** How a factory of an adapter connects: over an existing connection, or with the options to create one. */
export interface ImgwireInstanceOptions extends ImgwireOptions {
  /** A connection made once with `createImgwire()`, instead of connection options. */
  readonly imgwire?: Imgwire | undefined;
}

/** The options of an adapter's factory that receives uploads: its connection, and the rules of its uploads. */
export interface FactoryOptions<Request> extends ImgwireInstanceOptions, UploadRules<Request> {}

/** The options of a factory, taken apart. */
export interface OptionParts<Rules> {
  readonly rules: Rules;
  /** Gives the connection of the options, or makes one. @throws TypeError without a key and a client */
  readonly connect: () => Imgwire;
}

const imgwire: Check = (value) => withMethods('receiver', 'storage')(value) && 'made by createImgwire()';

/**
 * Splits the options of an adapter's factory, and leaves it to the caller when to connect. Options without effect are
 * rejected: an ignored rule is a security hole.
 *
 * @param caller the factory, for the error: `imgwireUpload()`
 * @param checks the checks of what it takes besides its connection
 * @param needed the option that it cannot do without
 * @throws TypeError that names the wrong option
 */
export function partOptions<Rules extends object>(
  caller: string,
  options: ImgwireInstanceOptions & Rules,
  checks: Readonly<Record<keyof Rules, Check>>,
  needed?: keyof Rules & string,
): OptionParts<Rules> {
  const all = { ...checks, imgwire, ...IMGWIRE_CHECKS };
  if (needed === undefined) assertOptions(caller, options, all);
  else assertInput(caller, options, needed, all);
  const pick = (names: object): object =>
    Object.fromEntries(
      Object.entries(options).filter(([key, value]) => Object.hasOwn(names, key) && value !== undefined),
    );
  const context = pick(IMGWIRE_CHECKS);
  const [extraBytes] = Object.keys(context);
  if (options.imgwire && extraBytes) {
    throw new TypeError(
      `${caller}: option "${extraBytes}" belongs to createImgwire(), which made \`imgwire\`.`,
    );
  }
  return { connect: () => options.imgwire ?? createImgwire(context), rules: pick(checks) as Rules };
}

/** Splits the options of an adapter's factory as {@link partOptions} does, and connects. */
export function splitOptions<Rules extends object>(
  ...options: Parameters<typeof partOptions<Rules>>
): { readonly imgwire: Imgwire; readonly rules: Rules } {
  const { connect, rules } = partOptions<Rules>(...options);
  return { imgwire: connect(), rules };
}
