import { Readable } from 'node:stream';
import { createImgwire, ImgwireError, type ImgwireOptions, imgwireErrorHandler } from '@imgwire/express';
import NodeClam from 'clamscan';
import express, { type Express } from 'express';
import multer from 'multer';

export async function createApp(
  clamd: { readonly host: string; readonly port: number },
  options: ImgwireOptions = {},
): Promise<Express> {
  const scanner = await new NodeClam().init({
    clamdscan: { ...clamd, timeout: 30_000, localFallback: false },
  });
  const imgwire = createImgwire(options);
  const form = multer({ storage: multer.memoryStorage(), limits: { files: 1, fileSize: 10 * 1024 * 1024 } });
  const app = express();

  app.post('/photos', form.single('photo'), async (req, res) => {
    if (!req.file) throw new ImgwireError('FILE_REQUIRED', { field: 'photo' });
    const { buffer, originalname } = req.file;
    const { isInfected } = await scanner.scanStream(Readable.from([buffer]));
    if (isInfected !== false) {
      res.sendStatus(isInfected ? 422 : 503); // null: the scanner could not tell
      return;
    }
    const { id } = await imgwire.upload({ file: buffer, fileName: originalname });
    res.status(201).json({ id });
  });
  app.use(imgwireErrorHandler());
  return app;
}
