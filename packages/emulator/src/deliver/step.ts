import type { Size } from './geometry.ts';
import type { Sharp } from './sharp.ts';
import type { ParsedTransformations, TransformationName } from './transformations.ts';

/** What a step works from. */
export interface StepInput {
  /** What was asked for. */
  readonly wanted: ParsedTransformations;
  /** Size of the image as it comes to this step. */
  readonly size: Size;
  /**
   * The bytes of another image of this Environment, or their path; undefined when it has none that can be
   * read.
   */
  readonly imageSource: (id: string) => Buffer | string | undefined;
  readonly sharp: typeof import('sharp').default;
}

/** One change to the image, made when one of the transformations that it is for is asked for. */
export interface Step {
  readonly for: readonly TransformationName[];
  /** Names that change how it is done, but alone are no reason to do it. */
  readonly uses?: readonly TransformationName[];
  /** Whether it also works on all frames of an animation at once. */
  readonly keepsFrames?: true;
  readonly run: (image: Sharp, input: StepInput) => Sharp | Promise<Sharp>;
}
