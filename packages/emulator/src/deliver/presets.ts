import type { ParsedTransformations, Preset } from './transformations.ts';

/** Longest sides in pixels. The service does not publish the sizes of its presets; these are ours. */
const PRESET_SIDES: Readonly<Record<Preset, number>> = {
  thumbnail: 150,
  small: 320,
  medium: 640,
  large: 1280,
};

/**
 * The id of an image and the transformations of the preset after its `@`; undefined if there is no such preset.
 */
export function readPreset(
  segment: string,
): { id: string; transformations: ParsedTransformations } | undefined {
  const [id = '', preset, ...rest] = segment.split('@');
  if (preset === undefined) return { id, transformations: {} };
  if (rest.length > 0 || !Object.hasOwn(PRESET_SIDES, preset)) return undefined;
  const side = PRESET_SIDES[preset as Preset];
  return { id, transformations: { width: side, height: side, resizing_type: 'inside' } };
}
