/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The service's maximum width and height of an output. */
const MAX_SIDE = 8192;

/** The nearest number within a range. */
export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** A side in whole pixels, within the service's limits. */
export function toSide(pixels: number): number {
  return clamp(Math.round(pixels), 1, MAX_SIDE);
}

/**
 * The offset of a smaller rectangle in a larger one for a gravity; `attention` and `entropy` mean the centre
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
