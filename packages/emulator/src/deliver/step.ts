import type { Size } from './geometry.ts';
import type { Sharp } from './sharp.ts';
import type { ParsedTransformations, TransformationName } from './transformations.ts';

/** The input of a step. */
export interface StepInput {
  /** The requested transformations. */
  readonly wanted: ParsedTransformations;
  /** Size of the image before this step. */
  readonly size: Size;
  /** The bytes of another image of this Environment, or their path. Undefined if there are none that can be read. */
  readonly imageSource: (id: string) => Buffer | string | undefined;
  readonly sharp: typeof import('sharp').default;
}

/** One change to the image, applied if one of its transformations is requested. */
export interface Step {
  readonly for: readonly TransformationName[];
  /** Transformations that modify it, but do not trigger it alone. */
  readonly uses?: readonly TransformationName[];
  /** Whether it also works on all frames of an animation at once. */
  readonly keepsFrames?: true;
  readonly run: (image: Sharp, input: StepInput) => Sharp | Promise<Sharp>;
}
