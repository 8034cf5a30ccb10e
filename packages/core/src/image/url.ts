import { urlOf } from '../realm-safe.ts';
import { inspect } from '../runtime.ts';
import type { ImageRecord } from '../service/service.ts';
import type { Parsed } from '../transformations/scalars.ts';
import {
  PRESETS,
  readTransformations,
  type TransformationName,
  type Transformations,
} from '../transformations/transformations.ts';

const WATERMARKS = ['watermark', 'watermark_text', 'watermark_url'] as const;
const WATERMARK_DETAILS = [
  'watermark_position',
  'watermark_rotate',
  'watermark_shadow',
  'watermark_size',
] as const;

/**
 * Returns the delivery URL of an image with transformations. Only the `cdn_url` of the image is needed, so a record from JSON or
 * a database will do. Names are canonicalised and sorted: equal options give equal URLs, as caches need. An existing query is
 * dropped. An option that is `undefined` counts as absent, and so does `false` where it means no change.
 *
 * @param image its record, or its `cdn_url`
 * @throws TypeError for what is no image or no object of transformations, an unknown option or preset, a value that the service
 *   does not accept, two names of one transformation, two watermarks, or details of a watermark without one.
 * @example imageUrl(row.cdn_url, { preset: 'medium', format: 'auto', quality: 'auto' })
 */
export function imageUrl(
  image: string | Pick<ImageRecord, 'cdn_url'>,
  transformations: Transformations = {},
): string {
  const address = addressOf(image);
  assertTransformations(transformations);
  const { preset, ...options } = transformations;
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const { parsed, errors } = readTransformations(given);
  if (errors[0]) throw new TypeError(errors[0].message);
  checkWatermark(parsed);
  const url = new URL(address);
  if (preset !== undefined) url.pathname = withPreset(url.pathname, preset);
  const query = [...parsed].flatMap(([name, { text }]) =>
    text === undefined ? [] : [[name, text] as const],
  );
  url.search = new URLSearchParams(Object.fromEntries(query)).toString();
  return url.href;
}

/** @throws TypeError that says what to write instead */
function addressOf(image: unknown): string {
  const { cdn_url: address = image, href } = Object(image) as Partial<Record<'cdn_url' | 'href', unknown>>;
  if (typeof address === 'string' && urlOf(address)) return address;
  const write = typeof href === 'string' ? 'imageUrl(url.href)' : 'imageUrl(image.cdn_url)';
  throw new TypeError(
    `imageUrl() takes the record of an image, or its cdn_url; an id alone does not say where it is: write ${write}.`,
  );
}

/** An array, a text or a `Map` would give the URL of the original. @throws TypeError that says what to write instead */
export function assertTransformations(given: unknown): asserts given is object {
  if (typeof given === 'object' && given !== null && !(Symbol.iterator in given)) return;
  const isPreset = PRESETS.some((name) => name === given);
  const write = isPreset
    ? `: write { preset: '${String(given)}' } instead of '${String(given)}'`
    : ', such as { width: 300 }';
  throw new TypeError(`The transformations must be an object${write}`);
}

function withPreset(path: string, preset: unknown): string {
  if (!PRESETS.some((name) => name === preset)) {
    const allowed = PRESETS.map((name) => `"${name}"`).join(', ');
    throw new TypeError(`"preset" cannot be ${inspect(preset)}; allowed: ${allowed}`);
  }
  if (path.endsWith('/')) throw new TypeError('A preset needs a URL that ends in an image id');
  return `${path}@${preset}`;
}

function checkWatermark(parsed: ReadonlyMap<TransformationName, Parsed>): void {
  const [first, second] = WATERMARKS.filter((name) => parsed.has(name));
  if (second)
    throw new TypeError(`"${first}" and "${second}" exclude each other: an image has one watermark`);
  const detail = WATERMARK_DETAILS.find((name) => parsed.get(name)?.text !== undefined);
  if (detail && !first) throw new TypeError(`"${detail}" needs one of ${WATERMARKS.join(', ')}`);
}
