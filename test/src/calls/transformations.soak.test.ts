import { createImgwire, type Imgwire, type ImgwireImage, type Transformations } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { combinationsOf } from './transformation-combinations.ts';
import { rulesFor } from './transformation-rules.ts';

/** Of 50 combinations each. */
const ROUNDS = inject('soak') ? 40 : 4;

let emulator: Emulator;
let imgwire: Imgwire;
let image: ImgwireImage;
let logo: ImgwireImage;
beforeAll(async () => {
  emulator = await startEmulator();
  imgwire = createImgwire({ apiKey: emulator.apiKey, baseUrl: emulator.url });
  image = await upload(4, 3, '#3366cc');
  logo = await upload(3, 3, '#cc3333');
});
afterAll(async () => {
  await imgwire.close();
  await emulator.close();
});

/** An opaque JPEG of one colour. */
async function upload(width: number, height: number, background: string): Promise<ImgwireImage> {
  const file = await sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();
  return imgwire.upload({ file });
}

/** Addresses that the guide, the pages about it and the READMEs of the SDKs show. */
const addresses = (id: string): readonly string[] => [
  '@medium?format=auto&quality=auto',
  '?w=280&quality=80',
  '?width=1200&format=auto&quality=auto',
  '?width=800&height=600&resizing_type=cover&format=webp&q=auto&progressive=auto&chroma_subsampling=4:2:2',
  '?w=800&h=600&resizing_type=cover',
  '?width=1200&format=jpg&q=85',
  '?width=1200&format=jpg&q=auto&progressive=auto&chroma_subsampling=4:2:2',
  '?crop=400:300:noea',
  '?watermark_url=aHR0cHM6Ly9leGFtcGxlLmNvbS9sb2dvLnBuZw==&watermark_position=southeast:-24:-24:0.85&format=webp',
  `?watermark=${id}&watermark_position=se:-24:-24&format=webp`,
  `?watermark=${id}&watermark_size=120&watermark_position=southeast:-24:-24:0.85`,
  '?duotone=%7B%22shadowColor%22%3A%22%230b1f5e%22%2C%22highlightColor%22%3A%22%23ff2a2a%22%7D',
];

/** Fields left empty, as the SDK writes them. */
const gaps = (id: string): readonly string[] => [
  ...['?adjust=2:', '?adjust=2::0.5', '?gradient=f00,00f:90:', '?gradient=f00::0.5', `?watermark=${id}:`],
  ...['southeast:', 'southeast::', 'southeast:::0.5'].map(
    (at) => `?watermark=${id}&watermark_position=${at}`,
  ),
  ...['100:', ':50', ':50:', '::2'].map((size) => `?watermark=${id}&watermark_size=${size}`),
  `?watermark=${id}::&watermark_shadow=fff:3:`,
];

/** Options of `url()` that they show, and what the SDK makes of them. */
const calls = (id: string): ReadonlyArray<readonly [Transformations, string]> => [
  [
    { preset: 'thumbnail', bg: '#ffffff', h: 150, rot: 90, w: 150 },
    '@thumbnail?background=ffffff&height=150&rotate=90&width=150',
  ],
  [{ preset: 'thumbnail', format: 'webp', quality: 80 }, '@thumbnail?format=webp&quality=80'],
  [{ width: 1200, format: 'auto', quality: 'auto' }, '?format=auto&quality=auto&width=1200'],
  [{ strip_metadata: true, enlarge: false }, '?enlarge=false&strip_metadata=true'],
  [
    { strip_metadata: true, strip_color_profile: true, quality: 'auto' },
    '?quality=auto&strip_color_profile=true&strip_metadata=true',
  ],
  [{ progressive: 'auto', chroma_subsampling: '4:2:2' }, '?chroma_subsampling=4%3A2%3A2&progressive=auto'],
  [
    { enlarge: false, resizing_type: 'fit', width: 960, height: 960 },
    '?enlarge=false&height=960&resizing_type=inside&width=960',
  ],
  [{ crop: '300:300:ce', gravity: 'ce' }, '?crop=300%3A300%3Ace&gravity=ce'],
  [{ gravity: 'ce:sm', w: 30, h: 30 }, '?gravity=attention&height=30&width=30'],
  [
    { gradient: { colors: ['#111111', '#eeeeee'], angle: 180, opacity: 0.25, blend: 'overlay' } },
    `?gradient=${encodeURIComponent('{"colors":["#111111","#eeeeee"],"angle":180,"opacity":0.25,"blend":"overlay"}')}`,
  ],
  [
    {
      watermark_url: 'https://example.com/logo.png',
      watermark_position: { gravity: 'se', x: -24, y: -24, opacity: 0.85 },
    },
    `?watermark_position=${encodeURIComponent('{"gravity":"southeast","x":-24,"y":-24,"opacity":0.85}')}&watermark_url=aHR0cHM6Ly9leGFtcGxlLmNvbS9sb2dvLnBuZw%3D%3D`,
  ],
  [
    { watermark: id, watermark_size: '120', watermark_position: 'southeast:-24:-24:0.85', format: 'auto' },
    `?format=auto&watermark=${id}&watermark_position=southeast%3A-24%3A-24%3A0.85&watermark_size=120`,
  ],
];

test('every example of the guide is delivered, and made by url() where it is shown as a call', async () => {
  const photo = await upload(1600, 1200, '#3366cc');
  const made = calls(logo.id).map(([options]) => photo.url(options));
  expect(made).toEqual(calls(logo.id).map(([, suffix]) => photo.cdn_url + suffix));
  const shown = [...addresses(logo.id), ...gaps(logo.id)].map((suffix) => photo.cdn_url + suffix);
  for (const url of [...shown, ...made]) {
    expect(`${await deliver(url)} ${url}`).toBe(`200 ${url}`);
  }
});

/** The status of a delivery, with the reason where it is an error. */
async function deliver(url: string): Promise<string> {
  const answer = await fetch(url);
  const body = await answer.arrayBuffer();
  return answer.ok ? '200' : `${answer.status} ${Buffer.from(body)}`;
}

test(`${ROUNDS * 50} combinations make the URLs that the rules of the SDK make, and all are delivered`, async () => {
  const combinations = combinationsOf(rulesFor([logo.id, 'unknown']));
  await fc.assert(
    fc.asyncProperty(fc.array(combinations, { minLength: 50, maxLength: 50 }), async (many) => {
      const urls = many.map(({ options }) => image.url(options as Transformations));
      expect(urls).toEqual(many.map(({ suffix }) => image.cdn_url + suffix));
      const answers = await Promise.all(urls.map(async (url) => `${await deliver(url)} ${url}`));
      expect(answers).toEqual(urls.map((url) => `200 ${url}`));
    }),
    // Shrinking would deliver for longer than a test may take.
    { seed: 14, numRuns: ROUNDS, endOnFailure: true },
  );
});
