/** A value parsed from an option or a query: what it means, and how the URL writes it. */
export interface Parsed<Value = unknown> {
  /** The value as in JSON. */
  readonly value: Value;
  /** The value as in the URL; `undefined` for a value that changes nothing and is left out. */
  readonly text: string | undefined;
}

/** A colour by its channels: `r`, `g`, `b` from 0 to 255, `alpha` from 0 to 1. */
export interface Rgb {
  readonly r: number;
  readonly g: number;
  readonly b: number;
  readonly alpha?: number;
}

/** The words for true and false. */
export const BOOLEAN_WORDS = {
  true: ['true', 't', '1', 'yes', 'on'],
  false: ['false', 'f', '0', 'no', 'off'],
} as const;

/** The single values that transformations are made of, by name. */
export const SCALARS = {
  algorithm: { kind: 'choice', of: ['nearest', 'cubic', 'mitchell', 'lanczos2', 'lanczos3'] },
  alpha: { kind: 'number', min: 0, max: 1 },
  aspect: { kind: 'number', min: 0.01, max: 8192 },
  auto: { kind: 'choice', of: ['auto'] },
  boolean: { kind: 'boolean' },
  channel: { kind: 'number', min: 0, max: 255 },
  chroma: { kind: 'choice', of: ['4:4:4', '4:2:2', 'auto'] },
  color: { kind: 'color' },
  colors: { kind: 'colors' },
  density: { kind: 'integer', min: 1, max: 600 },
  direction: { kind: 'choice', of: ['vertical', 'horizontal', 'both'] },
  extract: { kind: 'choice', of: ['extract'] },
  factor: { kind: 'number', min: 0.01, max: 10 },
  // To the service `false` means "no such transformation" here.
  flag: { kind: 'flag' },
  fontSize: { kind: 'integer', min: 1, max: 512 },
  format: {
    kind: 'choice',
    of: ['auto', 'jpg', 'png', 'webp', 'avif', 'gif', 'tiff'],
    aliases: { jpeg: 'jpg' },
  },
  gravity: {
    kind: 'choice',
    of: [
      'ce',
      'center',
      'north',
      'south',
      'east',
      'west',
      'northeast',
      'northwest',
      'southeast',
      'southwest',
      'attention',
      'entropy',
    ],
    aliases: {
      n: 'north',
      s: 'south',
      e: 'east',
      w: 'west',
      ne: 'northeast',
      se: 'southeast',
      nw: 'northwest',
      sw: 'southwest',
      no: 'north',
      so: 'south',
      ea: 'east',
      we: 'west',
      noea: 'northeast',
      soea: 'southeast',
      nowe: 'northwest',
      sowe: 'southwest',
    },
  },
  // A colon or a slash would be parsed as another field or as a path.
  id: { kind: 'text', without: ':/' },
  integer: { kind: 'integer' },
  margin: { kind: 'integer', min: 0, max: 8192 },
  number: { kind: 'number' },
  origin: { kind: 'integer', min: 0 },
  percent: { kind: 'number', min: 0, max: 100 },
  pixelRatio: { kind: 'number', min: 0.01, max: 8 },
  pixels: { kind: 'integer', min: 1, max: 8192 },
  profile: { kind: 'choice', of: ['srgb', 'rgb16', 'cmyk', 'keep', 'preserve'] },
  quality: { kind: 'integer', min: 1, max: 100 },
  resizing: {
    kind: 'choice',
    of: ['cover', 'contain', 'fill', 'inside', 'outside'],
    aliases: { fit: 'inside', 'fill-down': 'inside', force: 'fill', auto: 'inside' },
  },
  side: { kind: 'number', min: 1, max: 8192 },
  sigma: { kind: 'number', min: 0.3, max: 100 },
  smart: { kind: 'smart' },
  square: { kind: 'integer', min: 2, max: 256 },
  strength: { kind: 'number', min: 0 },
  strengthAboveZero: { kind: 'number', above: 0 },
  text: { kind: 'text' },
  turn: { kind: 'number', min: -360, max: 360 },
  url: { kind: 'url' },
  watermarkText: { kind: 'text', max: 2048 },
  zoom: { kind: 'number', min: 1, max: 10 },
} as const;

/** The name of a single value. */
export type ScalarName = keyof typeof SCALARS;

type NumberInput = number | `${number}`;
type BooleanInput = boolean | (typeof BOOLEAN_WORDS)['true' | 'false'][number];
type ColorInput =
  | string
  | {
      readonly r: NumberInput;
      readonly g: NumberInput;
      readonly b: NumberInput;
      readonly alpha?: NumberInput | undefined;
    };

interface Inputs {
  readonly integer: NumberInput;
  readonly number: NumberInput;
  readonly boolean: BooleanInput;
  readonly flag: BooleanInput;
  readonly color: ColorInput;
  readonly colors: string | readonly ColorInput[];
  readonly text: string | number;
  // The notation is checked when the URL is built.
  readonly smart: `${ScalarInput<'gravity'>}:${string}`;
  readonly url: string | URL;
}

interface Outputs {
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly flag: boolean;
  readonly color: string | Rgb;
  readonly colors: readonly (string | Rgb)[];
  readonly text: string;
  readonly smart: 'attention';
  readonly url: string;
}

type AliasOf<S> = S extends { readonly aliases: infer A } ? keyof A : never;

/** The type of a single value as input. */
export type ScalarInput<N extends ScalarName> = (typeof SCALARS)[N] extends infer S
  ? S extends { readonly kind: 'choice'; readonly of: readonly (infer V)[] }
    ? V | AliasOf<S>
    : S extends { readonly kind: keyof Inputs }
      ? Inputs[S['kind']]
      : never
  : never;

/** The type of a single value once parsed. */
export type ScalarOutput<N extends ScalarName> = (typeof SCALARS)[N] extends infer S
  ? S extends { readonly kind: 'choice'; readonly of: readonly (infer V)[] }
    ? V
    : S extends { readonly kind: keyof Outputs }
      ? Outputs[S['kind']]
      : never
  : never;
