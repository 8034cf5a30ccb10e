import type { Check } from '../base/wrong-option.ts';
import { canonicalImageType, IMAGE_TYPES } from '../inspect/inspect.ts';

/** One of the types in `accept`. What browsers take in `<input accept>`, a wildcard or an extension, is not one. */
export const acceptedType: Check = (value) => {
  if (typeof value === 'string' && canonicalImageType(value)) return undefined;
  return `image types (${IMAGE_TYPES.join(', ')})${typeof value === 'string' ? insteadOf(value) : ''}`;
};

function insteadOf(value: string): string {
  if (/^(image|\*)\/\*$/.test(value)) return `: for all of them leave \`accept\` out instead of '${value}'`;
  const type = canonicalImageType(`image/${value.replace(/^\./, '')}`);
  return type ? `: write '${type}' instead of '${value}'` : '';
}
