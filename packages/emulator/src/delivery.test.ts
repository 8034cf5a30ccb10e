import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, type EmulatorImage, startEmulator } from './index.ts';
import { api, create, makePng, put, send, upload } from './testing/client.ts';
import { forkEmulator } from './testing/fork-emulator.ts';

let emulator: Emulator;
let photo: EmulatorImage;
let half: EmulatorImage;
let original: Buffer;

beforeAll(async () => {
  emulator = await startEmulator();
  original = await sharp({ create: { width: 400, height: 200, channels: 3, background: '#3366cc' } })
    .composite([{ input: await solid(200, 200, '#cc3333'), left: 0, top: 0 }])
    .withExif({ IFD0: { Copyright: 'A. Nyone' } })
    .jpeg({ quality: 95 })
    .toBuffer();
  photo = await upload(emulator, original);
  half = await upload(
    emulator,
    await sharp(await solid(40, 40, '#00ff0080'))
      .png()
      .toBuffer(),
  );
});
afterAll(() => emulator.close());

function solid(width: number, height: number, background: string): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 4, background } })
    .png()
    .toBuffer();
}

async function get(query: string, headers: Record<string, string> = {}, image = photo) {
  const response = await fetch(image.cdn_url + query, { headers });
  const data = Buffer.from(await response.arrayBuffer());
  return {
    status: response.status,
    headers: response.headers,
    type: response.headers.get('content-type'),
    data,
  };
}

async function pixel(data: Buffer, left: number, top: number): Promise<number[]> {
  const raw = await sharp(data).ensureAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer();
  return [...raw];
}

const near = (expected: number[]) => expected.map((value) => expect.closeTo(value, -1.2));

describe('a delivery', () => {
  it('without transformations is the original, byte for byte', async () => {
    const { data, type, headers } = await get('');
    expect(data).toEqual(original);
    expect(type).toBe('image/jpeg');
    expect(headers.get('x-imgwire-not-applied')).toBeNull();
  });

  it.each([
    ['?w=100', 100, 50],
    ['?h=50', 100, 50],
    ['?w=100&h=100', 100, 100],
    ['?w=100&h=100&resizing_type=inside', 100, 50],
    ['?w=100&h=100&resizing_type=contain', 100, 100],
    ['?w=100&h=100&resizing_type=fill', 100, 100],
    ['?w=100&dpr=2', 200, 100],
    ['?w=100&mw=150', 150, 75],
    ['?w=1000', 400, 200],
    ['?w=800&enlarge=true', 800, 400],
    ['?crop=120:80', 120, 80],
    ['?crop=390:10:100:100', 10, 100],
    ['?zoom=2', 200, 100],
    ['?rotate=90', 200, 400],
    ['?padding=10', 420, 220],
    ['?extend=1:2:3:4', 406, 204],
    ['?exar=1', 400, 400],
    ['@thumbnail', 150, 75],
    ['@small?w=60', 60, 30],
  ])('%s is %i by %i pixels', async (query, width, height) => {
    const { data, status } = await get(query);
    expect(status).toBe(200);
    expect(await sharp(data).metadata()).toMatchObject({ width, height });
  });

  it.each([
    ['crops to the side of the gravity', '?crop=100:100:west', 50, 50, [204, 51, 51, 255]],
    ['covers from the gravity', '?w=100&h=100&g=east&f=png', 50, 50, [51, 102, 204, 255]],
    ['flips', '?flip=horizontal', 10, 10, [51, 102, 204, 255]],
    ['negates', '?negate=true', 300, 100, [204, 153, 51, 255]],
    ['turns to grey', '?monochrome=true', 10, 100, [110, 110, 110, 255]],
    ['brightens', '?brightness=2&f=png', 300, 100, [192, 220, 255, 255]],
    ['desaturates', '?saturation=0.01&f=png', 10, 100, [110, 110, 110, 255]],
    ['turns the hue', '?hue=120&f=png', 10, 100, [0, 131, 51, 255]],
    ['raises contrast', '?contrast=2&f=png', 10, 100, [255, 0, 0, 255]],
    ['pads with the background', '?padding=10&background=ffff00&f=png', 5, 5, [255, 255, 0, 255]],
    ['pads with nothing', '?padding=10&f=png', 5, 5, [0, 0, 0, 0]],
    ['lays an image over', () => `?watermark=${half.id}:northwest&f=png`, 5, 5, [102, 153, 26, 255]],
    [
      'fades the image it lays over',
      () => `?watermark=${half.id}&wmp=northwest:0:0:0.5&f=png`,
      5,
      5,
      [153, 102, 38, 255],
    ],
  ] as const)('%s', async (_name, query, left, top, expected) => {
    const { data, status } = await get(typeof query === 'string' ? query : query());
    expect(status).toBe(200);
    expect(await pixel(data, left, top)).toEqual(near([...expected]));
  });

  it.each([
    ['at its gravity', 'southeast', 399, 199, 360],
    ['off its gravity by signed pixels, inwards', 'southeast:-24:-24', 375, 175, 340],
    ['off its gravity by signed pixels, outwards', 'northwest:380:180', 399, 199, 379],
    ['at a place of its own', '{"left":380,"top":180}', 399, 199, 379],
  ])('puts a watermark %s', async (_name, position, right, bottom, outside) => {
    const query = `?watermark=${half.id}&watermark_size=20&f=png&wmp=${encodeURIComponent(position)}`;
    const { data } = await get(query);
    expect(await pixel(data, right, bottom)).toEqual(near([26, 179, 102, 255]));
    expect(await pixel(data, outside - 20, bottom)).toEqual(near([51, 102, 204, 255]));
    expect(await pixel(data, outside, 20)).toEqual(near([51, 102, 204, 255]));
  });

  it.each([
    ['an opaque JPEG', () => solid(40, 40, '#ff0000').then((png) => sharp(png).jpeg().toBuffer())],
    [
      'a grey PNG',
      () => solid(40, 40, '#ff0000').then((png) => sharp(png).greyscale().removeAlpha().png().toBuffer()),
    ],
    [
      'a CMYK JPEG',
      () => solid(40, 40, '#ff0000').then((png) => sharp(png).toColourspace('cmyk').jpeg().toBuffer()),
    ],
    [
      'a PNG of 16 bits',
      () => solid(40, 40, '#ff0000').then((png) => sharp(png).toColourspace('rgb16').png().toBuffer()),
    ],
  ])('fades %s as a watermark', async (_name, make) => {
    const mark = await upload(emulator, await make());
    const plain = await pixel((await get('?f=png')).data, 380, 180);
    const full = await pixel((await get(`?watermark=${mark.id}&f=png`)).data, 380, 180);
    const { data, status } = await get(`?watermark=${mark.id}&watermark_position=southeast:0:0:0.5&f=png`);
    expect(status).toBe(200);
    expect(full).not.toEqual(near(plain));
    expect(await pixel(data, 380, 180)).toEqual(
      near(plain.map((value, at) => (value + (full[at] ?? 0)) / 2)),
    );
  });

  it.each([
    ['of 2,048 wide characters', 'W'.repeat(2048)],
    ['of 2,048 Chinese characters', '图'.repeat(2048)],
    ['of many lines', `${'\n'.repeat(2000)}a`],
    ['of nothing that can be seen', '\u200b\u0001'],
  ])('takes a text %s, however large', async (_name, text) => {
    const query = `?watermark_text=${encodeURIComponent(JSON.stringify({ text, size: 512 }))}&w=20`;
    expect((await get(query)).status).toBe(200);
  });

  // One at a time: the 2,000 combinations in test/ keep sides small.
  it.each([
    ...[
      'width=8192',
      'height=8192',
      'min-width=8192',
      'min-height=8192',
      'dpr=8',
      'crop=8192:8192',
      'zoom=10',
    ],
    ...[
      'extend=8192',
      'extend_aspect_ratio=8192',
      'extend_aspect_ratio=0.01',
      'padding=0:0:0:8192',
      'pixelate=256',
    ],
    ...['dpi=600', 'blur=100', 'quality=100', 'rotate=9007199254740991', 'hue=1e300', 'sharpen=1e300'],
  ])('takes the limit %s', async (query) => {
    expect((await get(`?${query}`, {}, half)).status).toBe(200);
  });

  it('puts the background behind transparency', async () => {
    const { data } = await get('?background=ffffff', {}, half);
    expect(await pixel(data, 5, 5)).toEqual(near([127, 255, 127, 255]));
  });

  it('writes a text over the image, markup and all', async () => {
    const text = encodeURIComponent(JSON.stringify({ text: '<b>&"😀', size: 60, color: '#ffffff' }));
    const { data, status } = await get(`?watermark_text=${text}&f=png`);
    expect(status).toBe(200);
    const { channels } = await sharp(data).extract({ left: 200, top: 0, width: 200, height: 200 }).stats();
    expect(channels[0]?.max).toBeGreaterThan(200);
  });

  it.each([
    'blur=true',
    'blur=5',
    'sharpen=true',
    'sharpen=2',
    'pixelate=20',
    'normalize=true',
    'normalize=10:90',
    'colorize=ff0000',
  ])('%s changes pixels and leaves the size', async (query) => {
    const [plain, changed] = [await get('?f=png&crop=300:200'), await get(`?f=png&crop=300:200&${query}`)];
    expect(changed.data.equals(plain.data)).toBe(false);
    expect(await sharp(changed.data).metadata()).toMatchObject({ width: 300, height: 200 });
  });

  it.each([
    ['?format=webp', '*/*', 'image/webp'],
    ['?f=avif', '*/*', 'image/avif'],
    ['?ext=png', '*/*', 'image/png'],
    ['?f=gif', '*/*', 'image/gif'],
    ['?f=tiff', '*/*', 'image/tiff'],
    ['?f=auto', 'image/avif,image/webp,*/*', 'image/webp'],
    ['?f=auto', 'image/avif,*/*', 'image/avif'],
    ['', 'image/webp', 'image/webp'],
    ['?w=50', '*/*', 'image/jpeg'],
  ])('%s with Accept %s is %s', async (query, accept, type) => {
    const answer = await get(query, { accept });
    expect(answer.type).toBe(type);
    expect(answer.headers.get('vary')).toContain('Accept');
    expect((await sharp(answer.data).metadata()).mediaType).toBe(type === 'image/avif' ? 'image/avif' : type);
  });

  it('is smaller at a lower quality', async () => {
    const [low, high] = [await get('?q=5'), await get('?q=100')];
    expect(low.data.length).toBeLessThan(high.data.length);
  });

  it('keeps EXIF through many steps unless told to strip it', async () => {
    const [kept, stripped] = [await get('?w=100&rotate=90&blur=true'), await get('?w=100&sm=true')];
    expect((await sharp(kept.data).metadata()).exif?.toString('latin1')).toContain('A. Nyone');
    expect((await sharp(stripped.data).metadata()).exif).toBeUndefined();
  });

  it('keeps the frames of an animation when it is only resized', async () => {
    const frames = [await solid(20, 20, '#ff0000'), await solid(20, 20, '#0000ff')];
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const image = await upload(emulator, gif, { file_name: 'a.gif' });
    const { data, type } = await get('?w=10', {}, image);
    expect(type).toBe('image/gif');
    expect(await sharp(data).metadata()).toMatchObject({ pages: 2, width: 10 });
  });

  it('lists what it does not apply', async () => {
    const { status, headers } = await get('?w=10&duotone=000000:ffffff&gradient=ff0000&nonsense=1');
    expect(status).toBe(200);
    expect(headers.get('x-imgwire-not-applied')).toBe('duotone, gradient, nonsense');
  });

  it.each(['?width=10&w=10', '?w=0', '?w=9000', '?q=101', '?f=svg', '@huge'])(
    '%s is refused with 400',
    async (query) => {
      const { status, data } = await get(query);
      expect(status).toBe(400);
      expect(JSON.parse(data.toString())).toMatchObject({
        detail: expect.any(String),
        error_type: 'RequestError',
      });
    },
  );

  it('answers 304 to the tag that it gave, and HEAD without a body', async () => {
    const { headers } = await get('?w=20');
    const etag = headers.get('etag') ?? '';
    expect((await get('?w=20', { 'if-none-match': etag })).status).toBe(304);
    const head = await fetch(`${photo.cdn_url}?w=20`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, headers.get('content-length')]);
  });

  // RFC 9110, 13.1.1 and 13.1.2: a list or "*"; If-None-Match compares weakly, If-Match strongly.
  it.each([
    ['if-none-match', (tag: string) => tag, 304],
    ['if-none-match', (tag: string) => `W/${tag}`, 304],
    ['if-none-match', (tag: string) => `"a,b", W/"c" , ${tag}`, 304],
    ['if-none-match', (tag: string) => `,,"x",W/${tag},`, 304],
    ['if-none-match', () => '*', 304],
    ['if-none-match', (tag: string) => `"${tag}"`, 200],
    ['if-none-match', () => '"*", ""', 200],
    ['if-match', (tag: string) => `"x", ${tag}`, 200],
    ['if-match', () => '*', 200],
    ['if-match', (tag: string) => `W/${tag}`, 412],
    ['if-match', () => '"x"', 412],
  ] as const)('with %s: %s is answered %i, to GET and to HEAD', async (name, listOf, status) => {
    const { headers } = await get('?w=20');
    const condition = { [name]: listOf(headers.get('etag') ?? '') };
    const { status: got, data } = await get('?w=20', condition);
    expect([got, data.length > 0]).toEqual([status, status !== 304]);
    const head = await fetch(`${photo.cdn_url}?w=20`, { method: 'HEAD', headers: condition });
    expect(head.status).toBe(status);
  });

  it('tells no date and no ranges, so conditions on them change nothing', async () => {
    const headers = { 'if-modified-since': new Date().toUTCString(), range: 'bytes=0-9', 'if-range': '"x"' };
    expect((await get('', headers)).data).toEqual(original);
  });

  it('of bytes that no decoder can read is a 400 when transformed, the bytes when not', async () => {
    const broken = Buffer.concat([makePng().subarray(0, 33), Buffer.from('garbage')]);
    const image = await upload(emulator, broken);
    expect(image.status).toBe('READY');
    expect((await get('?w=2', {}, image)).status).toBe(400);
  });

  it('of a type that is not decoded here is the original, and says so', async () => {
    const bmp = Buffer.alloc(58);
    bmp.write('BM');
    bmp.writeUInt32LE(40, 14);
    bmp.writeUInt32LE(1, 18);
    bmp.writeInt32LE(1, 22);
    bmp.writeUInt16LE(1, 26);
    const image = await upload(emulator, bmp, { file_name: 'a.bmp' });
    expect(image).toMatchObject({ mime_type: 'image/bmp', is_directly_deliverable: false, status: 'READY' });
    const { data, headers } = await get('?w=10&f=png', {}, image);
    expect(data).toEqual(bmp);
    expect(headers.get('x-imgwire-not-applied')).toBe('format, width');
  });

  it('needs the right organization, Environment and image', async () => {
    const { pathname, origin } = new URL(photo.cdn_url);
    const [, organization, environment, id] = pathname.split('/');
    for (const path of [
      `/x/${environment}/${id}`,
      `/${organization}/x/${id}`,
      `/${organization}/${environment}/x`,
    ]) {
      expect((await fetch(origin + path)).status).toBe(404);
    }
  });
});

it('whatever is delivered is taken by browsers for the type that is declared, and for nothing else', async () => {
  const { id, cdn_url } = await upload(emulator, makePng());
  const job = await api(emulator, 'POST', '/images/downloads', { image_ids: [id] });
  for (const url of [
    cdn_url,
    `${cdn_url}?width=2&format=webp`,
    `${cdn_url}?width=0`,
    `${cdn_url}@small`,
    `${cdn_url}0`,
    `${emulator.url}/_emulator/preview/${id}`,
    job.json.download_url,
  ]) {
    const { headers } = await send(url);
    expect([url, headers.get('x-content-type-options')]).toEqual([url, 'nosniff']);
  }
});

it('names the first of what it does not know, not thousands in a header that no client takes', async () => {
  const query = Array.from({ length: 3000 }, (_, index) => `x${index}=1`).join('&');
  const { status, headers } = await send(`${photo.cdn_url}?${query}`);
  expect(status).toBe(200);
  expect(headers.get('x-imgwire-not-applied')?.split(', ')).toHaveLength(50);
});

it('without sharp the original is delivered, and what was asked for is named', async () => {
  const bare = await forkEmulator({}, new URL('testing/without-sharp.mjs', import.meta.url).href);
  const { image, upload_url } = await create(bare);
  await put(upload_url, makePng());
  const { status, data, headers } = await get('@small?f=webp', {}, image);
  await bare.kill();
  expect([status, headers.get('content-type')]).toEqual([200, 'image/png']);
  expect(data).toEqual(makePng());
  expect(headers.get('x-imgwire-not-applied')).toContain('format');
});
