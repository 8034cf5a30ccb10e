import { withMethods } from '../base/checks.ts';
import { assertInput, assertOptions } from '../base/validate.ts';
import type { Check } from '../base/wrong-option.ts';
import { createImgwire, type Imgwire } from '../create-imgwire.ts';
import { IMGWIRE_CHECKS, type ImgwireOptions } from '../imgwire-options.ts';
import type { UploadRules } from '../rules/rules.ts';

/** How a factory of an adapter connects: over an existing connection, or with the options to create one. */
export interface ConnectionOptions extends ImgwireOptions {
  /** A connection made once with `createImgwire()`, instead of connection options. */
  readonly imgwire?: Imgwire | undefined;
}

/** The options of an adapter's factory that receives uploads: its connection, and the rules of its uploads. */
export interface FactoryOptions<Request> extends ConnectionOptions, UploadRules<Request> {}

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
 * @param who the factory, for the error: `imgwireUpload()`
 * @param checks the checks of what it takes besides its connection
 * @param needed the option that it cannot do without
 * @throws TypeError that names the wrong option
 */
export function partOptions<Rules extends object>(
  who: string,
  options: ConnectionOptions & Rules,
  checks: Readonly<Record<keyof Rules, Check>>,
  needed?: keyof Rules & string,
): OptionParts<Rules> {
  const all = { ...checks, imgwire, ...IMGWIRE_CHECKS };
  if (needed === undefined) assertOptions(who, options, all);
  else assertInput(who, options, needed, all);
  const pick = (names: object): object =>
    Object.fromEntries(
      Object.entries(options).filter(([key, value]) => Object.hasOwn(names, key) && value !== undefined),
    );
  const connection = pick(IMGWIRE_CHECKS);
  const [surplus] = Object.keys(connection);
  if (options.imgwire && surplus) {
    throw new TypeError(`${who}: option "${surplus}" belongs to createImgwire(), which made \`imgwire\`.`);
  }
  return { connect: () => options.imgwire ?? createImgwire(connection), rules: pick(checks) as Rules };
}

/** Splits the options of an adapter's factory as {@link partOptions} does, and connects. */
export function splitOptions<Rules extends object>(
  ...options: Parameters<typeof partOptions<Rules>>
): { readonly imgwire: Imgwire; readonly rules: Rules } {
  const { connect, rules } = partOptions<Rules>(...options);
  return { imgwire: connect(), rules };
}
