import { fileURLToPath } from 'node:url';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';

const pages = fileURLToPath(new URL('../page', import.meta.url));

/** What the page says about where the images are stored. */
export interface StoredBy {
  readonly name: string;
  /** Where it can be looked at. */
  readonly page?: string;
}

/** The demo: a page to upload from, and the one route that it posts to. */
export function createDemo(
  options: ImgwireUploadOptions = {},
  storedBy: StoredBy = { name: 'Imgwire' },
): Express {
  const app = express();
  const upload = imgwireUpload(options);

  app.set('json spaces', 2);
  app.use(express.static(pages));
  app.get('/service', (_req, res) => {
    res.json({ name: storedBy.name, page: storedBy.page });
  });
  app.post('/images', upload.array('images'), (req, res) => {
    const images = req.images?.map((image) => ({
      id: image.id,
      status: image.status,
      thumbnail: image.url({ preset: 'thumbnail', format: 'auto' }),
      large: image.url({ width: 800, format: 'auto' }),
    }));
    res.json({ images });
  });
  app.use(imgwireErrorHandler());
  return app;
}
