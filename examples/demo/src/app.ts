import { fileURLToPath } from 'node:url';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';
import { clientModule } from './client-module.ts';

const page = fileURLToPath(new URL('../page', import.meta.url));
const look = fileURLToPath(new URL('../../../packages/emulator/page/look.css', import.meta.url));
const shared = fileURLToPath(new URL('../../shared', import.meta.url));

/** What the page says about where the images are stored. */
export interface StoredBy {
  readonly name: string;
  /** The address of its page, if it has one. */
  readonly page?: string;
}

/** The demo: a page to upload from, and the route that it posts to. */
export function createDemo(
  options: ImgwireUploadOptions = {},
  storedBy: StoredBy = { name: 'Imgwire' },
): Express {
  const app = express();
  const upload = imgwireUpload(options);
  const client = clientModule();

  app.set('json spaces', 2);
  app.use(express.static(page));
  // What the page calls ../../shared: a URL does not lead above the root.
  app.use('/shared', express.static(shared));
  app.get('/look.css', (_req, res) => res.sendFile(look));
  // Where the import map of the page says that `@imgwire/client` is.
  app.get('/client.js', (_req, res) => {
    res.type('js').send(client);
  });
  app.get('/service', (_req, res) => {
    res.json({ name: storedBy.name, page: storedBy.page });
  });
  app.post('/images', upload.array('images'), (req, res) => {
    const images = req.images?.map((image) => ({
      id: image.id,
      status: image.status,
      thumbnail: image.url({ preset: 'thumbnail', format: 'auto', quality: 'auto' }),
      large: image.url({ width: 800, format: 'auto', quality: 'auto' }),
    }));
    res.json({ images });
  });
  app.use(imgwireErrorHandler());
  return app;
}
