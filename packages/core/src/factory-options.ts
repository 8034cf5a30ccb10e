import { createImgwire, IMGWIRE_CHECKS, type Imgwire, type ImgwireOptions } from './create-imgwire.ts';
import { RULE_CHECKS, type UploadRules } from './rules.ts';
import { assertOptions, type Check, withMethods } from './validate.ts';

/** What a factory of an adapter takes: a connection, or the options to make one, and the rules of its uploads. */
export interface FactoryOptions<Request> extends ImgwireOptions, UploadRules<Request> {
  /** A connection made once with `createImgwire()`, instead of connection options. */
  readonly imgwire?: Imgwire;
}

const CHECKS: Readonly<Record<string, Check>> = {
  imgwire: (value) => withMethods('receiver', 'storage')(value) && 'made by createImgwire()',
  ...IMGWIRE_CHECKS,
  ...RULE_CHECKS,
};

/**
 * Takes the options of an adapter's factory apart.
 *
 * @param who the factory, for the error: `imgwireUpload()`
 * @throws TypeError that names the wrong option
 */
export function splitOptions<Request>(
  who: string,
  options: FactoryOptions<Request>,
): { readonly imgwire: Imgwire; readonly rules: UploadRules<Request> } {
  assertOptions(who, options, CHECKS);
  const pick = (names: object): object =>
    Object.fromEntries(
      Object.entries(options).filter(([key, value]) => Object.hasOwn(names, key) && value !== undefined),
    );
  const connection = pick(IMGWIRE_CHECKS);
  const [surplus] = Object.keys(connection);
  if (options.imgwire && surplus) {
    throw new TypeError(`${who}: option "${surplus}" belongs to createImgwire(), which made \`imgwire\`.`);
  }
  return { imgwire: options.imgwire ?? createImgwire(connection), rules: pick(RULE_CHECKS) };
}
