/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The widest and the highest that the service puts out. */
const MAX_SIDE = 8192;

/** The number of a range that is nearest to another. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** A side in whole pixels that the service would put out. */
export function toSide(pixels: number): number {
  return clamp(Math.round(pixels), 1, MAX_SIDE);
}

/**
 * Where a smaller rectangle lies in a larger one for a gravity; `attention` and `entropy` mean the centre
 * here.
 */
export function place(gravity: string | undefined, outer: Size, inner: Size): { left: number; top: number } {
  const name = gravity ?? 'center';
  const along = (start: string, end: string, room: number): number => {
    if (name.includes(start)) return 0;
    return name.includes(end) ? room : Math.round(room / 2);
  };
  return {
    left: along('west', 'east', outer.width - inner.width),
    top: along('north', 'south', outer.height - inner.height),
  };
}
