import { fileURLToPath } from 'node:url';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';

const page = fileURLToPath(new URL('../page', import.meta.url));

/** The demo: a page to upload from, and the one route that it posts to. */
export function createDemo(options: ImgwireUploadOptions = {}): Express {
  const app = express();
  const upload = imgwireUpload(options);

  app.set('json spaces', 2);
  app.use(express.static(page));
  app.post('/images', upload.array('images'), (req, res) => {
    const images = req.images.map((image) => ({
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
