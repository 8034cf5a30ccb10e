import type { ImageMimeType } from '../image-types.ts';
import { CANVAS_STEPS } from './canvas-steps.ts';
import { EFFECT_STEPS } from './effect-steps.ts';
import type { Size } from './geometry.ts';
import { chooseFormat, OUTPUT_MIME, OUTPUT_NAMES, type OutputFormat, writeAs } from './output-format.ts';
import { intermediate, type Sharp } from './sharp.ts';
import { SIZE_STEPS } from './size-steps.ts';
import type { Step, StepInput } from './step.ts';
import type { ParsedTransformations, TransformationName } from './transformations.ts';
import { WATERMARK_STEPS } from './watermark-steps.ts';

/**
 * The order of the steps: cropping and resizing come first, so that the rest works on fewer pixels.
 */
const STEPS: readonly Step[] = [...SIZE_STEPS, ...CANVAS_STEPS, ...EFFECT_STEPS, ...WATERMARK_STEPS];

const APPLIED: ReadonlySet<TransformationName> = new Set([
  ...STEPS.flatMap((step) => [...step.for, ...(step.uses ?? [])]),
  ...OUTPUT_NAMES,
]);

/** Requested transformations that are not applied here. */
export function notApplied(wanted: ParsedTransformations): TransformationName[] {
  return (Object.keys(wanted) as TransformationName[]).filter((name) => !APPLIED.has(name));
}

/** One delivery to render. */
export interface Job extends Omit<StepInput, 'size'> {
  readonly source: Buffer | string;
  readonly sourceType: ImageMimeType;
  /** The Accept header; empty if there is none. */
  readonly accept: string;
}

/** A rendered image. */
export interface Rendered {
  readonly data: Buffer;
  readonly mimeType: ImageMimeType;
}

/**
 * Applies the requested transformations; undefined if none of them is supported, so that the original will do.
 * @throws Error of the decoder when the bytes cannot be read
 */
export async function render(job: Job): Promise<Rendered | undefined> {
  const { wanted, sharp, source } = job;
  const steps = STEPS.filter((step) => step.for.some((name) => wanted[name] !== undefined));
  const metadata = await sharp(source, DECODE).metadata();
  const format = chooseFormat(wanted.format, job.accept, job.sourceType, metadata.hasAlpha);
  const isAsIs =
    steps.length === 0 && OUTPUT_NAMES.every((name) => name === 'format' || wanted[name] === undefined);
  const isSameFormat = OUTPUT_MIME[format] === job.sourceType;
  if (isAsIs && (isSameFormat || isUnasked(wanted, job.accept))) return undefined;
  const animated = keepsFrames(steps, format);
  const start = sharp(source, { ...DECODE, animated }).autoOrient();
  const { width, height } = metadata.autoOrient;
  const image = await runSteps(start, steps, { width, height }, job);
  return { data: await writeAs(image, format, wanted).toBuffer(), mimeType: OUTPUT_MIME[format] };
}

/**
 * A damaged file is decoded as far as possible; one too large for the service is already in quarantine.
 */
const DECODE = { failOn: 'none', limitInputPixels: 250_000_000 } as const;

/**
 * If neither side names a format, an original that browsers cannot display is delivered as it is.
 */
function isUnasked(wanted: ParsedTransformations, accept: string): boolean {
  return wanted.format === undefined && !/image\/(webp|avif)/.test(accept);
}

/** Between steps only one frame is kept, so an animation survives only if a single pipeline does it all. */
function keepsFrames(steps: readonly Step[], format: OutputFormat): boolean {
  return (
    (format === 'gif' || format === 'webp') &&
    (steps.length === 0 || (steps.length === 1 && steps[0]?.keepsFrames === true))
  );
}

async function runSteps(start: Sharp, steps: readonly Step[], startSize: Size, job: Job): Promise<Sharp> {
  let image = start;
  let size = startSize;
  for (const [index, step] of steps.entries()) {
    if (index > 0) {
      const { data, info } = await intermediate(image).toBuffer({ resolveWithObject: true });
      image = job.sharp(data);
      size = { width: info.width, height: info.height };
    }
    image = await step.run(image, { ...job, size });
  }
  return image;
}
