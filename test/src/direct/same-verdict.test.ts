import { createServer } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type ImgwireOptions,
  imgwireDirectUpload,
  imgwireErrorHandler,
  imgwireUpload,
  type UploadRules,
} from '@imgwire/express';
import express, { type Express } from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postForm } from '../support/client.ts';
import { type Begun, declare, postJson, put } from '../support/direct-client.ts';
import { image, makeImage } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/over-rest.ts';

/** One rule object for a form and for direct uploads. */
const RULES: UploadRules<never> = {
  limits: { fileSize: 600_000, files: 4 },
  maxPixels: 40_000,
  fields: [
    { name: 'photo', maxCount: 2 },
    { name: 'icon', accept: ['image/png', 'image/vnd.microsoft.icon'], fileSize: 20_000, maxPixels: 10_000 },
    { name: 'scan', accept: ['image/tiff'], maxCount: 1 },
  ],
};

interface File {
  readonly field: string;
  readonly fileName: string;
  readonly bytes: Buffer;
}

const size = (width: number, height: number) => ({ width, height });
const png = await makeImage('image/png', size(20, 20));
const jpeg = await makeImage('image/jpeg', size(200, 200));
const webp = await makeImage('image/webp', size(50, 50));
const avif = await makeImage('image/avif', size(50, 50));
const tiff = await makeImage('image/tiff', size(50, 50));
const largePng = await makeImage('image/png', size(201, 200));
const largeJpeg = await makeImage('image/jpeg', size(400, 101));
const mediumPng = await makeImage('image/png', size(101, 100));
const gif = await makeImage('image/gif', size(20, 20));
const moving = await makeImage('image/gif', size(300, 200));
const [ico, heic, jxl, bmp] = (await Promise.all(
  (['image/vnd.microsoft.icon', 'image/heic', 'image/jxl', 'image/bmp'] as const).map((type) => image(type)),
)) as [Buffer, Buffer, Buffer, Buffer];
/** A file whose rest says nothing of its pixels. */
const padded = (bytes: Buffer, length: number): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(length - bytes.length)]);
const text = (content: string): Buffer => Buffer.from(content);
const file = (field: string, fileName: string, bytes: Buffer): File => ({ field, fileName, bytes });

/** Forty forms: what each has, and what becomes of it. */
const CASES: readonly (readonly [name: string, files: readonly File[]])[] = [
  ['a PNG', [file('photo', 'a.png', png)]],
  ['a JPEG of the most pixels', [file('photo', 'a.jpg', jpeg)]],
  ['a WebP', [file('photo', 'a.webp', webp)]],
  ['an AVIF', [file('photo', 'a.avif', avif)]],
  ['a TIFF', [file('photo', 'a.tiff', tiff)]],
  ['an icon', [file('photo', 'a.ico', ico)]],
  ['a HEIC', [file('photo', 'a.heic', heic)]],
  ['a JPEG XL', [file('photo', 'a.jxl', jxl)]],
  ['a BMP', [file('photo', 'a.bmp', bmp)]],
  ['a PNG named .jpg', [file('photo', 'a.jpg', png)]],
  ['a PNG without an extension', [file('photo', 'photo', png)]],
  ['a PNG with a path', [file('photo', 'C:\\photos\\a.png', png)]],
  ['a PDF named .png', [file('photo', 'a.png', text('%PDF-1.7 of no use'))]],
  ['a script named .jpg', [file('photo', 'a.jpg', text('<script>alert(1)</script>'))]],
  ['an SVG', [file('photo', 'a.svg', text('<svg xmlns="http://www.w3.org/2000/svg"/>'))]],
  ['no bytes', [file('photo', 'a.png', Buffer.alloc(0))]],
  ['one byte', [file('photo', 'a.png', text('x'))]],
  ['a PNG of too many pixels', [file('photo', 'a.png', largePng)]],
  ['a JPEG of too many pixels', [file('photo', 'a.jpg', largeJpeg)]],
  ['a GIF of too many pixels', [file('photo', 'a.gif', moving)]],
  ['a GIF', [file('photo', 'a.gif', gif)]],
  ['a PNG of the largest size', [file('photo', 'a.png', padded(png, 600_000))]],
  ['a PNG that is too large', [file('photo', 'a.png', padded(png, 600_001))]],
  ['a PDF that is too large', [file('photo', 'a.pdf', padded(text('%PDF-1.7'), 600_001))]],
  ['a PNG that is too large by far', [file('photo', 'a.png', padded(png, 2_000_000))]],
  ['a truncated JPEG, its size unknown', [file('photo', 'a.jpg', jpeg.subarray(0, 100))]],
  ['a truncated PNG, its size unknown', [file('photo', 'a.png', png.subarray(0, 12))]],
  ['an icon field with a PNG', [file('icon', 'a.png', png)]],
  ['an icon field with a JPEG', [file('icon', 'a.jpg', jpeg)]],
  ['an icon field with a PNG that is too large', [file('icon', 'a.png', padded(png, 20_001))]],
  ['an icon field with a PDF that is too large', [file('icon', 'a.png', padded(text('%PDF-1.7'), 20_001))]],
  ['an icon field with too many pixels', [file('icon', 'a.png', mediumPng)]],
  ['a scan', [file('scan', 'a.tiff', tiff)]],
  ['a scan that is a PNG', [file('scan', 'a.tiff', png)]],
  ['a field that takes no file', [file('other', 'a.png', png)]],
  ['two photos', [file('photo', 'a.png', png), file('photo', 'b.png', png)]],
  ['three photos', [file('photo', 'a.png', png), file('photo', 'b.png', png), file('photo', 'c.png', png)]],
  ['two scans', [file('scan', 'a.tiff', tiff), file('scan', 'b.tiff', tiff)]],
  [
    'a photo, and a PDF in its field',
    [file('photo', 'a.png', png), file('photo', 'b.png', text('%PDF-1.7'))],
  ],
  [
    'a bad photo, and a field that takes none',
    [file('photo', 'a.png', text('no')), file('other', 'b.png', png)],
  ],
];

describe('one rule object for a form and for direct uploads', () => {
  let emulator: Emulator;
  let close: () => Promise<unknown>;
  let url: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    const imgwire = createImgwire(overRest(emulator) as ImgwireOptions);
    const app: Express = express();
    app.post('/form', imgwireUpload({ imgwire, ...RULES } as never), (req, res) => void res.json(req.images));
    app.post(
      '/direct',
      imgwireDirectUpload({ imgwire, ...RULES, authorize: () => true, subject: null } as never),
    );
    app.use(imgwireErrorHandler());
    const server = createServer(app);
    url = await listen(server);
    close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await imgwire.close();
    };
  });
  afterAll(async () => {
    await close();
    await emulator.close();
  });

  const types: Record<string, string> = { jpg: 'image/jpeg', ico: 'image/x-icon' };

  /** The verdict, and of what is stored the types. */
  async function direct(files: readonly File[]): Promise<object> {
    const declared = files.map(({ field, fileName, bytes }) => {
      const extension = fileName.split('.').pop() ?? '';
      return declare(bytes, { name: fileName, field, type: types[extension] ?? `image/${extension}` });
    });
    const begun = await postJson(`${url}/direct`, { files: declared });
    if (begun.status !== 200) return { status: begun.status, code: begun.code };
    const uploads = begun.uploads as Begun[];
    await Promise.all(uploads.map((upload, at) => put(upload, files[at]?.bytes as Buffer)));
    const { status, code } = await postJson(`${url}/direct`, {
      completed: uploads.map(({ ticket }) => ticket),
    });
    return { status, code };
  }

  it('is forty cases', () => expect(CASES).toHaveLength(40));

  it.each(CASES)('has the same verdict and code: %s', async (_, files) => {
    const parts = files.map(({ field, fileName, bytes }) => ({ name: field, fileName, bytes }));
    const { status, json } = await postForm(`${url}/form`, parts);
    const { code } = Object(json) as { code?: string };
    await emulator.reset();
    expect(await direct(files)).toEqual({ status, code });
  });
});
