import { toRgba } from './color.ts';
import { clamp } from './geometry.ts';
import { intermediate, type Sharp } from './sharp.ts';
import type { Step, StepInput } from './step.ts';

/** Steps that change the pixels and keep the size. */
export const EFFECT_STEPS: readonly Step[] = [
  { for: ['pixelate'], run: pixelate },
  {
    for: ['blur'],
    run: (image, { wanted }) => (typeof wanted.blur === 'number' ? image.blur(wanted.blur) : image.blur()),
  },
  { for: ['sharpen'], run: sharpen },
  { for: ['brightness', 'saturation', 'hue'], run: modulate },
  { for: ['contrast'], run: contrast },
  { for: ['normalize'], run: normalize },
  {
    for: ['colorize'],
    run: (image, { wanted }) => (wanted.colorize ? image.tint(toRgba(wanted.colorize)) : image),
  },
  { for: ['monochrome'], run: monochrome },
  { for: ['negate'], run: negate },
];

async function pixelate(image: Sharp, { wanted, size, sharp }: StepInput): Promise<Sharp> {
  const square = wanted.pixelate ?? 1;
  const { width, height } = size;
  const small = { width: Math.ceil(width / square), height: Math.ceil(height / square) };
  const squares = await intermediate(image.resize({ ...small, fit: 'fill' })).toBuffer();
  return sharp(squares).resize({ width, height, fit: 'fill', kernel: 'nearest' });
}

function sharpen(image: Sharp, { wanted }: StepInput): Sharp {
  const { sharpen: mask } = wanted;
  if (typeof mask !== 'object' && typeof mask !== 'number') return image.sharpen();
  const { sigma = 1, m1, m2, x1, y2, y3 } = typeof mask === 'number' ? { sigma: mask } : mask;
  const given = Object.entries({ m1, m2, x1, y2, y3 }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, clamp(value, 0, 1_000_000)] as const],
  );
  // The ranges are sharp's; the service documents none.
  return image.sharpen({ sigma: clamp(sigma, 0.000001, 10), ...Object.fromEntries(given) });
}

function modulate(image: Sharp, { wanted }: StepInput): Sharp {
  const { brightness = 1, saturation = 1, hue = 0 } = wanted;
  return image.modulate({ brightness, saturation, hue: Math.round(hue) });
}

/** Stretches each channel by a factor around a pivot, by default the middle; alpha stays. */
function contrast(image: Sharp, { wanted }: StepInput): Sharp {
  const { multiplier = 1, pivot = 128 } = wanted.contrast ?? {};
  return image.linear(multiplier, pivot * (1 - multiplier));
}

function normalize(image: Sharp, { wanted }: StepInput): Sharp {
  if (wanted.normalize === false) return image;
  if (typeof wanted.normalize !== 'object') return image.normalize();
  // sharp takes whole percentages, and needs a gap between the two.
  const lower = clamp(Math.floor(wanted.normalize.lower), 0, 99);
  return image.normalize({ lower, upper: clamp(Math.ceil(wanted.normalize.upper), lower + 1, 100) });
}

function monochrome(image: Sharp, { wanted }: StepInput): Sharp {
  const grey = image.greyscale();
  return wanted.monochrome && wanted.monochrome !== true ? grey.tint(toRgba(wanted.monochrome)) : grey;
}

function negate(image: Sharp, { wanted }: StepInput): Sharp {
  const alpha = typeof wanted.negate === 'object' ? wanted.negate.alpha : false;
  return image.negate({ alpha });
}
