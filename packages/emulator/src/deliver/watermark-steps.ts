import { type Rgba, TRANSPARENT, toRgba } from './color.ts';
import { clamp, place, type Size } from './geometry.ts';
import { type CreateText, intermediate, type Sharp } from './sharp.ts';
import type { Step, StepInput } from './step.ts';
import type { ParsedTransformations } from './transformations.ts';

/** The step that overlays a picture or a text. */
export const WATERMARK_STEPS: readonly Step[] = [
  {
    for: ['watermark', 'watermark_text'],
    uses: ['watermark_position', 'watermark_size', 'watermark_rotate'],
    run: watermark,
  },
];

async function watermark(image: Sharp, input: StepInput): Promise<Sharp> {
  const { wanted, size } = input;
  const mark = wanted.watermark ? pictureMark(wanted.watermark, input) : await textMark(wanted, input);
  if (!mark) return image;
  const fitted = fade(await fitInside(mark, input), opacityOf(wanted));
  const { data, info } = await intermediate(fitted).toBuffer({ resolveWithObject: true });
  return image.composite([{ input: data, ...positionOf(wanted, size, info) }]);
}

function pictureMark(
  { image_id: id }: { image_id: string },
  { sharp, imageSource }: StepInput,
): Sharp | undefined {
  const source = imageSource(id);
  return source === undefined ? undefined : sharp(source).autoOrient();
}

const WHITE: Rgba = { r: 255, g: 255, b: 255, alpha: 1 };
const TEXT_SIZE = 32;
/** Limit of characters times font size; a larger text is drawn smaller, since it is fitted into the image anyway. */
const TEXT_LENGTH = 20_000;

function textMark(
  { watermark_text: given }: ParsedTransformations,
  { sharp }: StepInput,
): Promise<Sharp | undefined> | undefined {
  if (given === undefined) return undefined;
  const text = typeof given === 'string' ? { text: given } : given;
  const { r, g, b } = text.color ? toRgba(text.color) : WHITE;
  const color = `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  // The renderer parses markup, so text from a URL must be escaped.
  const escaped = escapeMarkup(text.text);
  if (escaped.trim() === '') return undefined;
  const markup = `<span foreground="${color}">${escaped}</span>`;
  const size = Math.min(text.size ?? TEXT_SIZE, TEXT_LENGTH / text.text.length);
  return draw(
    { text: markup, dpi: 72, rgba: true, ...(text.width ? { width: text.width } : {}) },
    size,
    sharp,
  );
}

/** Undefined if nothing of the text is visible. */
async function draw(text: CreateText, size: number, sharp: StepInput['sharp']): Promise<Sharp | undefined> {
  try {
    return sharp(await intermediate(sharp({ text: { ...text, font: `sans ${size}` } })).toBuffer());
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('no text')) return undefined;
    if (!message.includes('too big') || size < 1) throw error;
    return draw(text, size / 2, sharp);
  }
}

function escapeMarkup(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are not allowed in markup
  return text.replace(/[&<>"'\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, (c) =>
    c < ' ' ? ' ' : `&#${c.charCodeAt(0)};`,
  );
}

/** A watermark is never larger than the image, whatever was requested. */
async function fitInside(mark: Sharp, { wanted, size, sharp }: StepInput): Promise<Sharp> {
  const { width, height } = wanted.watermark_size ?? {};
  const scale = wanted.watermark_size?.scale ?? 1;
  const { angle = 0, background } = wanted.watermark_rotate ?? {};
  const box = {
    width: Math.min(size.width, Math.round((width ?? size.width) * scale)),
    height: Math.min(size.height, Math.round((height ?? size.height) * scale)),
  };
  const isSized = width !== undefined || height !== undefined || scale > 1;
  const fitted = mark.resize({ ...atLeastOne(box), fit: 'inside', withoutEnlargement: !isSized });
  const turned = fitted.rotate(angle % 360, { background: background ? toRgba(background) : TRANSPARENT });
  // Rotating makes it larger: it is fitted again, in its own pipeline. From here on it has four channels.
  const data = await intermediate(turned.toColourspace('srgb').ensureAlpha()).toBuffer();
  return sharp(data).resize({ ...size, fit: 'inside', withoutEnlargement: true });
}

function atLeastOne({ width, height }: Size): Size {
  return { width: Math.max(1, width), height: Math.max(1, height) };
}

function opacityOf({
  watermark: picture,
  watermark_text: text,
  watermark_position: at,
}: ParsedTransformations): number {
  return at?.opacity ?? picture?.opacity ?? (typeof text === 'object' ? text.opacity : undefined) ?? 1;
}

function fade(mark: Sharp, opacity: number): Sharp {
  return opacity < 1 ? mark.linear([1, 1, 1, opacity], [0, 0, 0, 0]) : mark;
}

/**
 * `left` and `top` are absolute; `x` and `y` count from where the gravity puts it, to the right and down:
 * `southeast:-24:-24` is 24 pixels off the corner. Outside the image nothing is visible, however far.
 */
function positionOf(wanted: ParsedTransformations, outer: Size, inner: Size): { left: number; top: number } {
  const text = typeof wanted.watermark_text === 'object' ? wanted.watermark_text : undefined;
  const at = { ...wanted.watermark, ...text, ...wanted.watermark_position } as Position;
  const gravity = at.gravity ?? 'southeast';
  const base = place(gravity, outer, inner);
  return {
    left: clamp(at.left ?? base.left + (at.x ?? 0), -inner.width, outer.width),
    top: clamp(at.top ?? base.top + (at.y ?? 0), -inner.height, outer.height),
  };
}

interface Position {
  readonly gravity?: string;
  readonly x?: number;
  readonly y?: number;
  readonly left?: number;
  readonly top?: number;
}
