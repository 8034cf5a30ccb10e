import { TRANSPARENT, toRgba } from './color.ts';
import { place, type Size, toSide } from './geometry.ts';
import type { Sharp } from './sharp.ts';
import type { Step, StepInput } from './step.ts';
import type { ParsedTransformations } from './transformations.ts';

/** Steps that crop and resize the image. */
export const SIZE_STEPS: readonly Step[] = [
  { for: ['crop'], uses: ['gravity'], run: crop },
  { for: ['zoom'], uses: ['gravity'], run: zoom },
  {
    for: ['width', 'height', 'min-width', 'min-height', 'dpr'],
    uses: ['gravity', 'resizing_type', 'resizing_algorithm', 'enlarge', 'background', 'background_alpha'],
    keepsFrames: true,
    run: resize,
  },
];

function crop(image: Sharp, { wanted, size }: StepInput): Sharp {
  const { crop: area } = wanted;
  if (!area) return image;
  const x = 'x' in area ? Math.min(area.x, size.width - 1) : 0;
  const y = 'y' in area ? Math.min(area.y, size.height - 1) : 0;
  const part = {
    width: Math.min(area.width, size.width - x),
    height: Math.min(area.height, size.height - y),
  };
  const at = 'x' in area ? { left: x, top: y } : place(area.gravity ?? wanted.gravity, size, part);
  return image.extract({ ...at, ...part });
}

function zoom(image: Sharp, { wanted, size }: StepInput): Sharp {
  const { factor = 1, gravity = wanted.gravity } = wanted.zoom ?? {};
  const part = { width: toSide(size.width / factor), height: toSide(size.height / factor) };
  return image.extract({ ...place(gravity, size, part), ...part });
}

const STRATEGIES = ['attention', 'entropy'];

function resize(image: Sharp, { wanted, size }: StepInput): Sharp {
  const box = targetBox(wanted, size);
  const { gravity = 'center', resizing_type: type, resizing_algorithm: kernel } = wanted;
  const fit = type ?? (wanted.width && wanted.height ? 'cover' : 'inside');
  // The content-aware gravities exist for `cover` only; elsewhere they mean the centre.
  const isStrategy = STRATEGIES.includes(gravity) || gravity === 'ce';
  const position = gravity === 'ce' || (isStrategy && fit !== 'cover') ? 'center' : gravity;
  return image.resize({
    ...box,
    fit,
    position,
    ...(kernel ? { kernel } : {}),
    withoutEnlargement: !(wanted.enlarge ?? false) && fit !== 'contain',
    background: wanted.background ? toRgba(wanted.background, wanted.background_alpha) : TRANSPARENT,
  });
}

/**
 * The box in device pixels. A minimum only counts if it exceeds the requested size; without any
 * width or height the image's own are used.
 */
function targetBox(wanted: ParsedTransformations, size: Size): Partial<Size> {
  const { dpr = 1, 'min-width': minWidth = 0, 'min-height': minHeight = 0 } = wanted;
  const isFree = wanted.width === undefined && wanted.height === undefined;
  const { width, height }: Partial<Size> = isFree ? size : wanted;
  return {
    ...(width === undefined ? {} : { width: toSide(Math.max(width, minWidth) * dpr) }),
    ...(height === undefined ? {} : { height: toSide(Math.max(height, minHeight) * dpr) }),
  };
}
