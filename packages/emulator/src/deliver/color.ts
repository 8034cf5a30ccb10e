/** A colour for sharp; `r`, `g`, `b` from 0 to 255, `alpha` from 0 to 1. */
export interface Rgba {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly alpha: number;
}

type Color = string | { readonly r: number; readonly g: number; readonly b: number; readonly alpha?: number };

/** Transparent. */
export const TRANSPARENT: Rgba = { r: 0, g: 0, b: 0, alpha: 0 };

/** Parses a colour of the transformations: channels, or `#rgb`, `#rrggbb`, `#rrggbbaa`. */
export function toRgba(color: Color, alpha?: number): Rgba {
  const { r, g, b, alpha: own = 1 } = typeof color === 'string' ? fromHex(color) : color;
  return { r, g, b, alpha: alpha ?? own };
}

function fromHex(hex: string): Rgba {
  const short = hex.slice(1);
  const digits = short.length === 3 ? [...short].map((digit) => digit + digit).join('') : short;
  const [r = 0, g = 0, b = 0, alpha = 255] = (digits.match(/../g) ?? []).map((pair) =>
    Number.parseInt(pair, 16),
  );
  return { r, g, b, alpha: alpha / 255 };
}
