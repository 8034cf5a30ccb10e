import {
  createEdgeImgwire,
  EDGE_IMGWIRE_CHECKS,
  type EdgeImgwire,
  type EdgeImgwireOptions,
} from '../create-edge-imgwire.ts';
import { withMethods } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { splitOptions } from './split-options.ts';

/** Where a factory at the edge has its instance from: it is given one, or the options to create one. */
export interface EdgeInstanceOptions extends EdgeImgwireOptions {
  /** An instance made once with `createImgwire()`, in place of its options. */
  readonly imgwire?: EdgeImgwire | undefined;
}

const imgwire: Check = (value) =>
  withMethods('createDirectUpload', 'createUploadToken')(value) && 'made by createImgwire()';

/**
 * Checks the options of a factory at the edge, and separates its rules from the options of its instance.
 *
 * @param caller the factory, for the error: `imgwireDirectUpload()`
 * @param checks the checks of its rules
 * @param needed the option that it cannot do without
 * @throws TypeError that names the wrong option
 */
export function parseEdgeOptions<Rules extends object>(
  caller: string,
  options: EdgeInstanceOptions & Rules,
  checks: Readonly<Record<keyof Rules, Check>>,
  needed: keyof Rules & string,
): { readonly rules: Rules; readonly imgwire: EdgeImgwire } {
  const groups = { rules: checks, instance: EDGE_IMGWIRE_CHECKS, imgwire, needed };
  const { ofRules, ofInstance } = splitOptions(caller, options, groups);
  return { rules: ofRules as Rules, imgwire: options.imgwire ?? createEdgeImgwire(ofInstance) };
}
