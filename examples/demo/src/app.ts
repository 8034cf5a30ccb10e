import {
  createImgwire,
  ImgwireError,
  type ImgwireOptions,
  imgwireErrorHandler,
  imgwireUpload,
} from '@imgwire/express';
import express, { type Express } from 'express';
import {
  recordedSteps,
  recordSteps,
  STEPS,
} from '../../shared/record-steps.ts';
import { statementOf } from '../../shared/statement-of.ts';
import { servePage } from './serve-page.ts';

/** What the page says about where the images are stored. */
export interface StoredBy {
  readonly name: string;
  /** The address of its page, if it has one. */
  readonly page?: string;
}

/** The demo: a page to upload from, and the routes that it calls. */
export function createDemo(
  options: ImgwireOptions,
  storedBy: StoredBy = { name: 'Imgwire' },
): Express {
  const app = express();
  const imgwire = createImgwire(options);
  const upload = imgwireUpload({ imgwire });
  const uploadedHere = new Set<string>();

  app.set('json spaces', 2);
  app.use((_req, _res, next) => recordSteps(next));
  app.post('/images', upload.array('images'), (req, res) => {
    const images = req.images?.map((image) => ({
      id: image.id,
      status: image.status,
      thumbnail: image.url({
        preset: 'thumbnail',
        format: 'auto',
        quality: 'auto',
      }),
      large: image.url({
        width: 800,
        format: 'auto',
        quality: 'auto',
      }),
    }));
    for (const { id } of images ?? []) uploadedHere.add(id);
    res.json({ images, steps: recordedSteps() });
  });

  // Whoever has this page may delete what was uploaded here. Put your rule in place of it.
  app.delete('/images/:id', async (req, res) => {
    const { id } = req.params;
    if (!uploadedHere.has(id))
      throw new ImgwireError('IMAGE_NOT_FOUND');
    await imgwire.delete(id);
    uploadedHere.delete(id);
    res.sendStatus(204);
  });

  servePage(app, {
    ...storedBy,
    steps: STEPS,
    file: 'examples/demo/src/app.ts',
    route: statementOf(
      new URL(import.meta.url),
      "app.post('/images'",
    ),
  });
  app.use(imgwireErrorHandler());
  return app;
}
