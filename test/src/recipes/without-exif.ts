import { createImgwire, ImgwireError, type ImgwireOptions, imgwireErrorHandler } from '@imgwire/express';
import express, { type Express } from 'express';
import multer from 'multer';
import sharp from 'sharp';

export function createApp(options: ImgwireOptions = {}): Express {
  const imgwire = createImgwire(options);
  const form = multer({ storage: multer.memoryStorage(), limits: { files: 1, fileSize: 10 * 1024 * 1024 } });
  const app = express();

  app.post('/photos', form.single('photo'), async (req, res) => {
    if (!req.file) throw new ImgwireError('FILE_REQUIRED', { field: 'photo' });
    const { url } = await imgwire.upload({ file: await withoutExif(req.file.buffer), fileName: 'photo.jpg' });
    res.status(201).json({ url: url({ preset: 'medium', format: 'auto', quality: 'auto' }) });
  });
  app.use(imgwireErrorHandler());
  return app;
}

/** The picture as it looks, upright and in its colours; without where, when and by whom it was taken. */
async function withoutExif(photo: Buffer): Promise<Buffer> {
  try {
    const picture = sharp(photo, { limitInputPixels: 40_000_000 });
    return await picture.autoOrient().keepIccProfile().jpeg({ quality: 90 }).toBuffer();
  } catch (cause) {
    throw new ImgwireError('UNSUPPORTED_IMAGE_TYPE', { field: 'photo', cause });
  }
}
