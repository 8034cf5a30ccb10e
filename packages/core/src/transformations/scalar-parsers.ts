import { urlOf } from '../realm-safe.ts';
import { fromBase64, toBase64 } from '../runtime.ts';
import { BOOLEAN_WORDS, type Parsed, type Rgb, SCALARS, type ScalarName } from './scalars.ts';

/** One single value as data: its kind and its limits. */
interface Scalar {
  readonly kind: Kind;
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly of?: readonly string[];
  readonly aliases?: Readonly<Record<string, string>>;
  readonly without?: string;
}

type Kind =
  | 'integer'
  | 'number'
  | 'boolean'
  | 'flag'
  | 'choice'
  | 'color'
  | 'colors'
  | 'text'
  | 'smart'
  | 'url';
type Parser = (input: unknown, scalar: Scalar) => Parsed | undefined;

const scalars: Readonly<Record<ScalarName, Scalar>> = SCALARS;

const parsers: Readonly<Record<Kind, Parser>> = {
  integer: (input, scalar) => parseNumber(input, scalar, /^-?\d+$/),
  number: (input, scalar) => parseNumber(input, scalar, /\S/),
  boolean: parseBoolean,
  flag: parseFlag,
  choice: parseChoice,
  color: parseColor,
  colors: parseColors,
  text: parseText,
  smart: parseSmart,
  url: parseUrl,
};

/** Parses a single value; `undefined` if the service does not accept it. */
export function parseScalar(name: ScalarName, input: unknown): Parsed | undefined {
  const scalar = scalars[name];
  return parsers[scalar.kind](input, scalar);
}

/** Describes the allowed single values. */
export function describeScalar(name: ScalarName): string {
  const scalar = scalars[name];
  return {
    integer: `a whole number${describeRange(scalar)}`,
    number: `a number${describeRange(scalar)}`,
    boolean: 'true or false',
    flag: 'true or false',
    choice: (scalar.of ?? []).map((word) => `"${word}"`).join(', '),
    color: 'a colour ("#rgb", "#rrggbb", "#rrggbbaa", "r:g:b", "r:g:b:alpha" or {r, g, b, alpha?})',
    colors: 'one or more colours ("#f00,#00f" or an array)',
    text: `a text${describeText(scalar)}`,
    smart: 'one of these with ":sm" behind it',
    url: 'an https URL, plain or in base64',
  }[scalar.kind];
}

function describeRange({ min, max, above }: Scalar): string {
  if (above !== undefined) return ` above ${above}`;
  if (min === undefined) return '';
  return max === undefined ? ` of at least ${min}` : ` from ${min} to ${max}`;
}

function describeText({ max, without }: Scalar): string {
  if (without !== undefined) return ` without any of "${without}"`;
  return max === undefined ? '' : ` of at most ${max} characters`;
}

function asText(input: unknown): string | undefined {
  if (typeof input === 'string') return input.trim();
  return typeof input === 'number' || typeof input === 'boolean' ? String(input) : undefined;
}

function parseNumber(input: unknown, scalar: Scalar, pattern: RegExp): Parsed<number> | undefined {
  const text = asText(input);
  if (text === undefined || !pattern.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || !isWithin(value, scalar)) return undefined;
  if (scalar.kind === 'integer' && !Number.isSafeInteger(value)) return undefined;
  return { value, text: String(value) };
}

function isWithin(value: number, { min = -Infinity, max = Infinity, above = -Infinity }: Scalar): boolean {
  return value >= min && value <= max && value > above;
}

function parseBoolean(input: unknown): Parsed<boolean> | undefined {
  const text = asText(input)?.toLowerCase();
  const isOneOf = (words: readonly string[]) => words.some((word) => word === text);
  if (isOneOf(BOOLEAN_WORDS.true)) return { value: true, text: 'true' };
  return isOneOf(BOOLEAN_WORDS.false) ? { value: false, text: 'false' } : undefined;
}

function parseFlag(input: unknown): Parsed<boolean> | undefined {
  const parsed = parseBoolean(input);
  return parsed?.value === false ? { value: false, text: undefined } : parsed;
}

function parseChoice(input: unknown, { of = [], aliases = {} }: Scalar): Parsed<string> | undefined {
  const word = asText(input)?.toLowerCase() ?? '';
  const value = Object.hasOwn(aliases, word) ? aliases[word] : word;
  return value !== undefined && of.includes(value) ? { value, text: value } : undefined;
}

function parseText(input: unknown, { max = Infinity, without = '' }: Scalar): Parsed<string> | undefined {
  const value = asText(input) ?? '';
  if (value === '' || value.length > max) return undefined;
  return [...without].some((character) => value.includes(character)) ? undefined : { value, text: value };
}

/** The smart crop, which older URLs write after a gravity that is ignored. */
function parseSmart(input: unknown): Parsed<string> | undefined {
  const [gravity, mode, ...rest] = asText(input)?.split(':') ?? [];
  if (mode !== 'sm' || rest.length > 0 || !parseScalar('gravity', gravity)) return undefined;
  return { value: 'attention', text: 'attention' };
}

function parseColor(input: unknown): Parsed<string | Rgb> | undefined {
  if (typeof input === 'object') return parseRgb(input);
  const text = asText(input)?.toLowerCase() ?? '';
  const [r, g, b, alpha, ...rest] = text.split(':');
  if (g !== undefined) return rest.length === 0 ? parseRgb({ r, g, b, alpha }) : undefined;
  const [, digits] = /^#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/.exec(text) ?? [];
  // A URL writes a hex colour without "#", which would start the fragment; JSON writes it with.
  return digits === undefined ? undefined : { value: `#${digits}`, text: digits };
}

/** Colour objects of libraries have more properties than these. */
function parseRgb(input: object | null): Parsed<Rgb> | undefined {
  const { r, g, b, alpha } = (input ?? {}) as Record<string, unknown>;
  const [red, green, blue] = [r, g, b].map((part) =>
    parseNumber(part, { kind: 'integer', min: 0, max: 255 }, /^\d+$/),
  );
  if (!red || !green || !blue) return undefined;
  const rgb = { r: red.value, g: green.value, b: blue.value };
  const text = `${rgb.r}:${rgb.g}:${rgb.b}`;
  if (alpha === undefined) return { value: rgb, text };
  const opacity = parseNumber(alpha, { kind: 'number', min: 0, max: 1 }, /\S/);
  return opacity && { value: { ...rgb, alpha: opacity.value }, text: `${text}:${opacity.value}` };
}

function parseColors(input: unknown): Parsed<readonly (string | Rgb)[]> | undefined {
  const list: readonly unknown[] = Array.isArray(input)
    ? input
    : (asText(input)?.split(',').filter(Boolean) ?? []);
  const colors = list.map(parseColor);
  if (colors.length === 0 || !colors.every((color) => color !== undefined)) return undefined;
  return { value: colors.map(({ value }) => value), text: colors.map(({ text }) => text).join(',') };
}

function parseUrl(input: unknown): Parsed<string> | undefined {
  const { href } = Object(input) as { href?: unknown };
  const raw = asText(href) ?? asText(input) ?? '';
  // The service accepts the URL in base64 only, so that its "?" and "&" cannot end it early.
  if (isHttps(raw)) return { value: raw, text: toBase64(raw) };
  const decoded = fromBase64(raw);
  return isHttps(decoded) ? { value: decoded, text: raw } : undefined;
}

function isHttps(url: string): boolean {
  return urlOf(url)?.protocol === 'https:';
}
