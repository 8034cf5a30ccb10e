import { describe, expect, test } from 'vitest';
import type { Transformations } from '../transformations/transformations.ts';
import { imageUrl } from './url.ts';

const CDN_URL = 'https://cdn.imgwire.dev/org/env/image';

const queryOf = (transformations: Transformations): string =>
  decodeURIComponent(new URL(imageUrl(CDN_URL, transformations)).search.slice(1));

// What the builder of the official Node SDK, version 0.3.2, writes for the same options.
const EXPECTED: readonly (readonly [Transformations, string])[] = [
  [{ width: 800, height: '600', resizing_type: 'cover' }, 'height=600&resizing_type=cover&width=800'],
  [{ w: 1200, f: 'jpeg', q: 85 }, 'format=jpg&quality=85&width=1200'],
  [
    { q: 'auto', progressive: 'auto', chroma_subsampling: '4:2:2' },
    'chroma_subsampling=4:2:2&progressive=auto&quality=auto',
  ],
  [{ 'min-width': 10, mh: 20, el: false }, 'enlarge=false&min-height=20&min-width=10'],
  [{ resizing_type: 'fill-down' }, 'resizing_type=inside'],
  [{ resizing_type: 'force' }, 'resizing_type=fill'],
  [{ icc: 'keep', colorize: '#ABC' }, 'color_profile=keep&colorize=abc'],
  [{ bg: { r: 1, g: 2, b: 3, alpha: 0.5 }, bga: 0 }, 'background=1:2:3:0.5&background_alpha=0'],
  [{ gravity: 'noea' }, 'gravity=northeast'],
  [{ gravity: 'ce:sm' }, 'gravity=attention'],
  [{ crop: '400:300:noea' }, 'crop=400:300:northeast'],
  [{ crop: '0:5:400:300' }, 'crop=0:5:400:300'],
  [{ crop: { width: 4, height: 3, gravity: 'n' } }, 'crop={"width":4,"height":3,"gravity":"north"}'],
  [{ crop: { height: 3, width: 4, y: 2, x: 1 } }, 'crop={"mode":"extract","x":1,"y":2,"width":4,"height":3}'],
  [{ adjust: '1.2::0.5' }, 'adjust=1.2::0.5'],
  [{ adjust: { color: 2, brightness: 1 } }, 'adjust={"brightness":1,"color":2}'],
  [{ contrast: { multiplier: '1.5', pivot: 128 } }, 'contrast={"multiplier":1.5,"pivot":128}'],
  [{ contrast: '1.50:128' }, 'contrast=1.5:128'],
  [{ blur: true, sharpen: 2.5 }, 'blur=true&sharpen=2.5'],
  [{ blur: 1 }, 'blur=true'],
  [{ sharpen: { sigma: 2, jagged: -1 } }, 'sharpen={"sigma":2,"jagged":-1}'],
  [{ blur: false, sharpen: false, monochrome: false, negate: false }, ''],
  [{ normalize: false }, 'normalize=false'],
  [{ normalise: { lower: 5, upper: 95 } }, 'normalize=5:95'],
  [{ negate: { alpha: false } }, 'negate=alpha:false'],
  [{ monochrome: '#FF0000' }, 'monochrome=ff0000'],
  [{ duotone: '#000:#fff' }, 'duotone=000:fff'],
  [
    { dt: { shadowColor: '1:2:3', highlightColor: 'FFF' } },
    'duotone={"shadowColor":{"r":1,"g":2,"b":3},"highlightColor":"#fff"}',
  ],
  [{ extend: '1:2:3:4:#FFF' }, 'extend=1:2:3:4:fff'],
  [{ extend: { left: 4, background: 'fff' } }, 'extend={"left":4,"background":"#fff"}'],
  [{ exar: '16:9' }, 'extend_aspect_ratio=16:9'],
  [{ exar: { width: 16, height: 9 } }, 'extend_aspect_ratio={"height":9,"width":16}'],
  [{ extend_ar: { aspectRatio: 1.5 } }, 'extend_aspect_ratio=1.5'],
  [{ flip: { horizontal: true, vertical: true } }, 'flip=both'],
  [{ flip: 'off:on' }, 'flip=vertical'],
  [{ flip: { horizontal: false } }, ''],
  [{ gradient: '#f00,00F::0.5' }, 'gradient=f00,00f::0.5'],
  [
    { gradient: { colors: ['#f00', { r: 0, g: 0, b: 9 }], angle: 90 } },
    'gradient={"colors":["#f00",{"r":0,"g":0,"b":9}],"angle":90}',
  ],
  [{ padding: 10 }, 'padding=10'],
  [{ padding: { top: 1, x: 2 } }, 'padding={"x":2,"top":1}'],
  [{ rotate: -90 }, 'rotate=-90'],
  [{ rot: { angle: 45, background: '#fff' } }, 'rotate={"angle":45,"background":"#fff"}'],
  [{ zoom: { factor: 2, gravity: 'se' } }, 'zoom=2:southeast'],
  [
    { watermark: 'logo:se::-5', wmp: 'se:-24:-24:0.85' },
    'watermark=logo:southeast::-5&watermark_position=southeast:-24:-24:0.85',
  ],
  [{ wm: { imageId: 'logo', opacity: 0.5 } }, 'watermark={"image_id":"logo","opacity":0.5}'],
  [
    { wmt: 'Hello: world', wms: ':50', wmr: 5, wmsh: '000::3' },
    'watermark_rotate=5&watermark_shadow=000::3&watermark_size=:50&watermark_text=Hello:+world',
  ],
  [{ wmt: { text: 'Hi', size: 12 } }, 'watermark_text={"text":"Hi","size":12}'],
  [
    { watermark_url: new URL('https://example.com/l.png') },
    'watermark_url=aHR0cHM6Ly9leGFtcGxlLmNvbS9sLnBuZw==',
  ],
  [
    { watermark_url: 'aHR0cHM6Ly9leGFtcGxlLmNvbS9sLnBuZw==' },
    'watermark_url=aHR0cHM6Ly9leGFtcGxlLmNvbS9sLnBuZw==',
  ],
  // What the SDK's types allow beyond that.
  [{ watermark_text: 2026 }, 'watermark_text=2026'],
  [{ wmt: { text: 2026, font: 'sans' } }, 'watermark_text={"text":"2026","font":"sans"}'],
  [{ gravity: 'north:sm' }, 'gravity=attention'],
  [{ g: 'se:sm' }, 'gravity=attention'],
  [{ el: 'on', scp: 'no', progressive: 'f' }, 'enlarge=true&progressive=false&strip_color_profile=false'],
  [{ sharpen: 't', negate: { alpha: 'yes' } }, 'negate=alpha:true&sharpen=true'],
  [{ crop: { mode: 'extract', width: 4, height: 3 } }, 'crop={"width":4,"height":3}'],
  [{ wm: { image_id: 'a', imageId: 'b' } }, 'watermark={"image_id":"a"}'],
  [{ exar: { ratio: 1.5, aspectRatio: 2 } }, 'extend_aspect_ratio=1.5'],
  [{ exar: { width: 3, ratio: 2 } }, 'extend_aspect_ratio=2'],
  [{ exar: { width: 3, height: 2, ratio: 5 } }, 'extend_aspect_ratio={"height":2,"width":3}'],
  [{ flip: {} }, ''],
  [{ flip: { vertical: 'on' } }, 'flip=vertical'],
  [{ width: undefined, crop: { width: 4, height: 3, gravity: undefined } }, 'crop={"width":4,"height":3}'],
  // Colours by their parts at the end of a notation, as the SDK for browsers writes them.
  [{ rotate: '45:6:232:85' }, 'rotate=45:6:232:85'],
  [{ extend: '1:1:16:1:102:17:175:0.5' }, 'extend=1:1:16:1:102:17:175:0.5'],
  [{ duotone: '#0b1f5e:253:227:143' }, 'duotone=0b1f5e:253:227:143'],
  // Empty fields, as the SDK writes them.
  [{ adjust: '2:' }, 'adjust=2:'],
  [{ adjust: '2::' }, 'adjust=2::'],
  [{ adjust: '2:1:' }, 'adjust=2:1:'],
  [{ crop: '4:3:' }, 'crop=4:3'],
  [{ crop: '1:2:4:3:' }, 'crop=1:2:4:3'],
  [{ gradient: 'f00,00f:' }, 'gradient=f00,00f:'],
  [{ gradient: 'f00,00f:90:' }, 'gradient=f00,00f:90:'],
  [{ gradient: 'f00,,00f:90::' }, 'gradient=f00,00f:90:'],
  [{ gradient: 'f00:::multiply' }, 'gradient=f00:::multiply'],
  [{ watermark: 'logo:' }, 'watermark=logo:'],
  [{ watermark: 'logo::' }, 'watermark=logo::'],
  [{ watermark: 'logo:::' }, 'watermark=logo::'],
  [{ watermark: 'logo:se:5:' }, 'watermark=logo:southeast:5'],
  [{ wm: 'logo', wmp: 'se:' }, 'watermark=logo&watermark_position=southeast:'],
  [{ wm: 'logo', wmp: 'se::::' }, 'watermark=logo&watermark_position=southeast:::'],
  [{ wm: 'logo', wmsh: 'fff:' }, 'watermark=logo&watermark_shadow=fff:'],
  [{ wm: 'logo', wmsh: 'fff:3:1:' }, 'watermark=logo&watermark_shadow=fff:3:1'],
  [{ wm: 'logo', wms: '100:' }, 'watermark=logo&watermark_size=100:'],
  [{ wm: 'logo', wms: '100::' }, 'watermark=logo&watermark_size=100::'],
];

describe('imageUrl', () => {
  test.each(EXPECTED)('writes %j as %s', (transformations, query) => {
    expect(queryOf(transformations)).toBe(query);
  });

  test('writes the same URL whatever the order and the names of the options', () => {
    expect(imageUrl(CDN_URL, { width: 1, q: 2 })).toBe(imageUrl(CDN_URL, { quality: '2', w: '1' }));
  });

  test('drops the query of the CDN URL, with options and without', () => {
    expect(imageUrl(`${CDN_URL}?old=1`)).toBe(CDN_URL);
    expect(imageUrl(`${CDN_URL}?old=1`, { w: 5 })).toBe(`${CDN_URL}?width=5`);
  });

  test.each(['thumbnail', 'small', 'medium', 'large'] as const)(
    'puts the preset %s behind the path',
    (preset) => {
      expect(imageUrl(`${CDN_URL}?old=1`, { preset, w: 5 })).toBe(`${CDN_URL}@${preset}?width=5`);
    },
  );

  test('takes an undefined option as absent', () => {
    expect(imageUrl(CDN_URL, { width: undefined, w: 5, preset: undefined })).toBe(`${CDN_URL}?width=5`);
  });

  test('reads the known fields of an object, be they its own or not, and passes over others', () => {
    class Color {
      readonly model = 'rgb';
      readonly a = 0.5;
      readonly r = 1;
      readonly b = 3;
      get g(): number {
        return 2;
      }
    }
    const area = { id: 'face', width: 4, height: 3 };
    const options = { background: new Color(), colorize: new Color(), crop: area, duotone: undefined };
    expect(queryOf(options)).toBe('background=1:2:3&colorize=1:2:3&crop={"width":4,"height":3}');
    const dt = { shadowColor: new Color(), highlightColor: 'fff' };
    expect(queryOf({ dt })).toBe('duotone={"shadowColor":{"r":1,"g":2,"b":3},"highlightColor":"#fff"}');
  });
});

describe('imageUrl throws a TypeError', () => {
  const rejects = (options: unknown, message: string): void => {
    const build = () => imageUrl(CDN_URL, options as Transformations);
    expect(build).toThrow(TypeError);
    expect(build).toThrow(message);
  };

  test('that names the option, its value and what is allowed', () => {
    rejects({ w: 9000 }, '"w" cannot be 9000; allowed: a whole number from 1 to 8192');
    rejects({ format: 'bmp' }, `"format" cannot be 'bmp'; allowed: "auto", "jpg", "png"`);
    rejects({ quality: 0 }, '"quality" cannot be 0; allowed: "auto", or a whole number from 1 to 100');
    rejects(
      { preset: 'huge' },
      `"preset" cannot be 'huge'; allowed: "thumbnail", "small", "medium", "large"`,
    );
  });

  test.each([
    { width: 1.5 },
    { width: Number.NaN },
    { width: null },
    { width: [5] },
    { dpr: Number.POSITIVE_INFINITY },
    { blur: 0.2 },
    { sharpen: -1 },
    { sharpen: {} },
    { background: '#abcd' },
    { background: '256:0:0' },
    { gravity: 'up' },
    { crop: { x: 1, width: 2, height: 3 } },
    { crop: '100' },
    { crop: '100::' },
    { crop: { x: 1, y: 2, width: 3 } },
    { crop: [1, 2] },
    { background: [1, 2, 3] },
    { background: { r: 1, g: 2 } },
    { gravity: 'north:10:20' },
    { gravity: 'up:sm' },
    { crop: { width: 2, height: 3, gravity: 'ce:sm' } },
    { contrast: '2:' },
    { rotate: '5:' },
    { rotate: '5:1:2' },
    { rotate: '5:1:2:3:0.5:6' },
    { zoom: '2:' },
    { watermark_position: ':1' },
    { watermark_size: '::' },
    { gradient: ',' },
    { sharpen: { sharpness: 1 } },
    { watermark_shadow: {} },
    { normalize: { lower: 5 } },
    { duotone: { shadowColor: 'fff' } },
    { crop: '{"width":1' },
    { extend: '1::2' },
    { normalize: '95:5' },
    { watermark: 'a/b' },
    { watermark_text: '' },
    { watermark_text: 'x'.repeat(2049) },
    { watermark_text: '{"text":' },
    { watermark_url: 'http://example.com/plain.png' },
    { watermark_url: 'bm90IGEgdXJs' },
  ])('for %j', (options) => {
    rejects(options, 'cannot be');
  });

  test('for an option that does not exist', () => {
    rejects({ widht: 5 }, 'There is no transformation "widht"');
    rejects({ constructor: 5 }, 'There is no transformation "constructor"');
  });

  test('for two names of one transformation', () => {
    rejects({ width: 1, w: 1 }, '"w" gives "width" a second time');
  });

  test('for two watermarks, and for details of none', () => {
    rejects({ wm: 'logo', wmt: 'Hi' }, '"watermark" and "watermark_text" exclude each other');
    rejects({ wms: '50' }, '"watermark_size" needs one of');
  });

  test('for a preset without an image to put it on', () => {
    expect(() => imageUrl('https://cdn.imgwire.dev/', { preset: 'small' })).toThrow(TypeError);
  });
});
