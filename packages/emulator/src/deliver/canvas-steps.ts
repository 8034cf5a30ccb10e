import { type Rgba, TRANSPARENT, toRgba } from './color.ts';
import { place, toSide } from './geometry.ts';
import type { Sharp } from './sharp.ts';
import type { Step, StepInput } from './step.ts';
import type { ParsedTransformations } from './transformations.ts';

/** Steps that rotate the image, pad it, or put a colour behind it. */
export const CANVAS_STEPS: readonly Step[] = [
  {
    for: ['extend_aspect_ratio'],
    uses: ['gravity', 'background', 'background_alpha'],
    run: extendAspectRatio,
  },
  { for: ['extend'], uses: ['background', 'background_alpha'], run: extend },
  { for: ['flip'], run: flip },
  { for: ['rotate'], uses: ['background', 'background_alpha'], run: rotate },
  { for: ['padding'], uses: ['background', 'background_alpha'], run: pad },
  { for: ['background'], uses: ['background_alpha'], run: putBehind },
];

function backgroundOf(wanted: ParsedTransformations, own?: Parameters<typeof toRgba>[0]): Rgba {
  if (own) return toRgba(own);
  return wanted.background ? toRgba(wanted.background, wanted.background_alpha) : TRANSPARENT;
}

/** A ratio is width to height, as one number or as two. */
function extendAspectRatio(image: Sharp, { wanted, size }: StepInput): Sharp {
  const ratio = toRatio(wanted.extend_aspect_ratio);
  const outer = {
    width: Math.max(size.width, toSide(size.height * ratio)),
    height: Math.max(size.height, toSide(size.width / ratio)),
  };
  const { left, top } = place(wanted.gravity, outer, size);
  return image.extend({
    left,
    top,
    right: outer.width - size.width - left,
    bottom: outer.height - size.height - top,
    background: backgroundOf(wanted),
  });
}

function toRatio(value: ParsedTransformations['extend_aspect_ratio']): number {
  if (typeof value === 'number') return value;
  if (!value) return 1;
  return 'width' in value ? value.width / value.height : (value.ratio ?? 1);
}

function extend(image: Sharp, { wanted }: StepInput): Sharp {
  const { background, ...sides } = wanted.extend ?? {};
  return image.extend({ ...sides, background: backgroundOf(wanted, background) });
}

function flip(image: Sharp, { wanted }: StepInput): Sharp {
  const vertical = wanted.flip !== 'horizontal';
  const horizontal = wanted.flip !== 'vertical';
  return image.flip(vertical).flop(horizontal);
}

function rotate(image: Sharp, { wanted }: StepInput): Sharp {
  const { angle = 0, background } = wanted.rotate ?? {};
  return image.rotate(angle % 360, { background: backgroundOf(wanted, background) });
}

function pad(image: Sharp, { wanted }: StepInput): Sharp {
  const { all = 0, x = all, y = all, top = y, bottom = y, left = x, right = x } = wanted.padding ?? {};
  return image.extend({ top, bottom, left, right, background: backgroundOf(wanted) });
}

function putBehind(image: Sharp, { wanted, size }: StepInput): Sharp {
  const background = backgroundOf(wanted);
  return image
    .ensureAlpha()
    .composite([{ input: { create: { ...size, channels: 4, background } }, blend: 'dest-over' }]);
}
