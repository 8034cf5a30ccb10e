import fc from 'fast-check';
import {
  boolean,
  type Case,
  type Cases,
  color,
  form,
  hex,
  just,
  nothing,
  number,
  numeric,
  object,
  toForm,
  whole,
  words,
  yes,
} from './transformation-cases.ts';

/**
 * The rules of the official SDK and of its guide to transformations, written down a second time and on their own: what
 * each transformation takes, and what a URL says for it. Sides in pixels stay small here, so that two thousand images
 * are rendered in seconds.
 */
export type Rules = Readonly<Record<string, { readonly aliases: readonly string[]; readonly value: Cases }>>;

const gravity = words(
  ['ce', 'center', 'north', 'south', 'east', 'west', 'northeast', 'northwest', 'southeast', 'southwest'],
  {
    ...{ attention: 'attention', entropy: 'entropy', n: 'north', no: 'north', s: 'south', so: 'south' },
    ...{ e: 'east', ea: 'east', w: 'west', we: 'west', ne: 'northeast', noea: 'northeast', se: 'southeast' },
    ...{ soea: 'southeast', nw: 'northwest', nowe: 'northwest', sw: 'southwest', sowe: 'southwest' },
  },
);
const smart = just('attention', 'ce:sm', 'north:sm', 'se:sm');

const side = whole(1, 48);
const margin = whole(0, 24);
const origin = whole(0, Number.MAX_SAFE_INTEGER);
const offset = whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
const factor = number(0.01, 10);
const share = number(0, 1);
const any = numeric(fc.double({ noNaN: true, noDefaultInfinity: true }));
const blend = words(['overlay', 'multiply']).map(({ text }) => ({ input: text, text }));
/** Any but the halves of a pair. The characters of fast-check's own unit are counted for a second. */
const character = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
const text = fc
  .string({ unit: character, minLength: 1, maxLength: 12 })
  .map((given) => given.trim())
  .filter((given) => given !== '' && !given.startsWith('{'))
  .map((given) => ({ input: given, text: given }));
const year = fc.integer({ min: 1900, max: 2100 }).map((input) => ({ input, text: String(input) }));

/** Some numbers are read as words before they are read as numbers. */
const orTrue = (cases: Cases): Cases =>
  cases.map(({ input, text }) => ({ input, text: text === '1' ? 'true' : text }));

const rotation = fc.oneof(
  offset,
  form([offset, hex], 1),
  object({ angle: offset, background: color }, ['angle']),
);
const mirrored = fc.tuple(fc.option(boolean, { nil: undefined }), fc.option(boolean, { nil: undefined }));
const directionOf = (horizontal?: Case, vertical?: Case): string | undefined => {
  const directions = { horizontal, vertical };
  const [first, second] = Object.entries(directions).flatMap(([name, value]) =>
    value?.text === 'true' ? [name] : [],
  );
  return second ? 'both' : first;
};
const flip = fc.oneof(
  words(['vertical', 'horizontal', 'both']),
  fc.tuple(boolean, boolean).map(([x, y]) => ({ input: `${x.input}:${y.input}`, text: directionOf(x, y) })),
  mirrored.map(([x, y]) => ({
    input: { horizontal: x?.input, vertical: y?.input },
    text: directionOf(x, y),
  })),
);

const range = fc
  .uniqueArray(fc.double({ min: 0, max: 100, noNaN: true }), {
    minLength: 2,
    maxLength: 2,
    comparator: 'IsStrictlyEqual',
  })
  .chain((given) => {
    const [lower = 0, upper = 0] = given.toSorted((a, b) => a - b);
    return just(`${lower}:${upper}`, `${lower}:${upper}`, { upper, lower }, { lower: `${lower}`, upper });
  });

const ratio = number(0.05, 20);
const proportion = fc.oneof(
  ratio,
  form([number(1, 20), number(1, 20)], 2),
  object({ height: number(1, 20), width: number(1, 20) }, ['height', 'width']),
  ...['ratio', 'aspectRatio'].map((name) => object({ [name]: ratio }, [name], toForm)),
);

const colors = fc.array(hex, { minLength: 1, maxLength: 3 });
const colorList = colors.map((list) => ({
  input: list.map(({ input }) => input).join(',,'),
  text: list.map(({ text }) => text).join(','),
}));
const colorArray = fc.array(color, { minLength: 1, maxLength: 3 }).map((list) => ({
  input: list.map(({ input }) => input),
  text: '',
  json: list.map(({ json }) => json),
}));

const address = fc.webUrl({ validSchemes: ['https'] }).chain((url) => {
  const encoded = Buffer.from(url).toString('base64');
  return just(encoded, url, encoded);
});

const at = { gravity, x: offset, y: offset };
const looks = { opacity: share, blend };

/** The 49 transformations; a watermark shows one of these images. */
export const rulesFor = (imageIds: readonly string[]): Rules => {
  const id = fc.constantFrom(...imageIds).map((input) => ({ input, text: input }));
  return {
    adjust: {
      aliases: ['a'],
      value: fc.oneof(
        form([factor, factor, factor], 1, 'stay'),
        object({ brightness: factor, saturation: factor, color: factor }),
      ),
    },
    background: { aliases: ['bg'], value: color },
    background_alpha: { aliases: ['bga'], value: share },
    blur: { aliases: ['bl'], value: fc.oneof(yes, nothing, orTrue(number(0.3, 100))) },
    brightness: { aliases: ['br'], value: factor },
    chroma_subsampling: { aliases: [], value: words(['4:4:4', '4:2:2', 'auto']) },
    color_profile: { aliases: ['cp', 'icc'], value: words(['srgb', 'rgb16', 'cmyk', 'keep', 'preserve']) },
    colorize: { aliases: ['col'], value: color },
    contrast: {
      aliases: ['co'],
      value: fc.oneof(
        factor,
        form([factor, number(0, 255)], 1),
        object({ multiplier: factor, pivot: number(0, 255) }, ['multiplier']),
      ),
    },
    crop: {
      aliases: ['c'],
      value: fc.oneof(
        form([side, side, gravity], 2, 'last goes'),
        form([origin, origin, side, side, gravity], 4, 'last goes'),
        object({ width: side, height: side, gravity }, ['width', 'height']),
        object(
          { mode: just('extract', 'extract'), x: origin, y: origin, width: side, height: side, gravity },
          ['mode', 'x', 'y', 'width', 'height'],
        ),
      ),
    },
    dpi: { aliases: [], value: whole(1, 600) },
    dpr: { aliases: [], value: number(0.01, 8) },
    duotone: {
      aliases: ['dt'],
      value: fc.oneof(
        form([hex, hex], 2),
        object({ shadowColor: color, highlightColor: color }, ['shadowColor', 'highlightColor']),
      ),
    },
    enlarge: { aliases: ['el'], value: boolean },
    extend: {
      aliases: ['ex'],
      value: fc.oneof(
        form([margin, margin, margin, margin, hex], 1),
        object({ top: margin, right: margin, bottom: margin, left: margin, background: color }),
      ),
    },
    extend_aspect_ratio: { aliases: ['exar', 'extend_ar'], value: proportion },
    flip: { aliases: ['fl'], value: flip },
    format: {
      aliases: ['f', 'ext', 'extension'],
      value: words(['auto', 'jpg', 'png', 'webp', 'avif', 'gif', 'tiff'], { jpeg: 'jpg' }),
    },
    gradient: {
      aliases: ['gr'],
      value: fc.oneof(
        form([colorList, number(-360, 360), share, blend], 1, 'last goes'),
        object({ colors: colorArray, angle: number(-360, 360), ...looks }),
      ),
    },
    gravity: { aliases: ['g'], value: fc.oneof(gravity, smart) },
    height: { aliases: ['h'], value: side },
    hue: { aliases: ['hu'], value: any },
    keep_copyright: { aliases: ['kcr'], value: boolean },
    lightness: { aliases: ['l'], value: factor },
    'min-height': { aliases: ['mh', 'min_height'], value: side },
    'min-width': { aliases: ['mw', 'min_width'], value: side },
    monochrome: { aliases: ['mc'], value: fc.oneof(yes, nothing, color) },
    negate: {
      aliases: ['neg'],
      value: fc.oneof(
        yes,
        nothing,
        boolean.map(({ input, text }) => ({ input: `alpha:${input}`, text: `alpha:${text}` })),
        object({ alpha: boolean }, ['alpha'], (given) => `alpha:${toForm(given)}`),
      ),
    },
    normalize: { aliases: ['norm', 'normalise'], value: fc.oneof(boolean, range) },
    padding: {
      aliases: ['pd'],
      value: fc.oneof(
        form([margin, margin, margin, margin], 1),
        object({
          ...{ all: margin, x: margin, y: margin },
          ...{ top: margin, right: margin, bottom: margin, left: margin },
        }),
      ),
    },
    pixelate: { aliases: ['pix'], value: whole(2, 256) },
    progressive: { aliases: [], value: fc.oneof(words(['auto']), boolean) },
    quality: { aliases: ['q'], value: fc.oneof(words(['auto']), whole(1, 100)) },
    resizing_algorithm: {
      aliases: ['ra'],
      value: words(['nearest', 'cubic', 'mitchell', 'lanczos2', 'lanczos3']),
    },
    resizing_type: {
      aliases: [],
      value: words(['cover', 'contain', 'fill', 'inside', 'outside'], {
        ...{ fit: 'inside', 'fill-down': 'inside', force: 'fill', auto: 'inside' },
      }),
    },
    rotate: { aliases: ['rot'], value: rotation },
    saturation: { aliases: ['sa'], value: factor },
    sharpen: {
      aliases: ['sh'],
      value: fc.oneof(
        yes,
        nothing,
        orTrue(numeric(fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true }))),
        object({
          sigma: numeric(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
          ...{ m1: any, m2: any, x1: any, y2: any, y3: any, flat: any, jagged: any },
        }),
      ),
    },
    strip_color_profile: { aliases: ['scp'], value: boolean },
    strip_metadata: { aliases: ['sm'], value: boolean },
    watermark: {
      aliases: ['wm'],
      value: fc.oneof(
        form([id, gravity, offset, offset], 1, 'last goes'),
        object({ image_id: id, ...at, ...looks }, ['image_id']),
        object({ imageId: id }, ['imageId'], (given) => JSON.stringify({ image_id: toForm(given) })),
      ),
    },
    watermark_position: {
      aliases: ['wmp', 'watermark_offset'],
      value: fc.oneof(
        form([gravity, offset, offset, share, blend], 1, 'last goes'),
        object({ ...at, left: offset, top: offset, ...looks }),
      ),
    },
    watermark_rotate: { aliases: ['wmr', 'wm_rot'], value: rotation },
    watermark_shadow: {
      aliases: ['wmsh'],
      value: fc.oneof(
        yes,
        nothing,
        form([hex, number(0.3, 100), offset, offset], 1, 'last goes'),
        object({ color, blur: number(0.3, 100), x: offset, y: offset }),
      ),
    },
    watermark_size: {
      aliases: ['wms'],
      value: fc.oneof(
        form([side, side, factor], 0, 'stay'),
        object({ width: side, height: side, scale: factor }),
      ),
    },
    watermark_text: {
      aliases: ['wmt'],
      value: fc.oneof(
        text,
        year,
        object(
          {
            ...{ text: fc.oneof(text, year), font: just('serif', 'serif'), size: whole(1, 512), color },
            ...{ width: side, height: side, align: just('left', 'left') },
            ...{ ...at, left: offset, top: offset, ...looks },
          },
          ['text'],
        ),
      ),
    },
    watermark_url: { aliases: ['wmu'], value: address },
    width: { aliases: ['w'], value: side },
    zoom: {
      aliases: ['z'],
      value: fc.oneof(
        number(1, 10),
        form([number(1, 10), gravity], 1),
        object({ factor: number(1, 10), gravity }, ['factor'], toForm),
      ),
    },
  };
};
