import { createServer } from 'node:http';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { listen } from '../listen.ts';

export async function startUploadServer(options: ImgwireUploadOptions): Promise<{ url: string }> {
  const app = express();
  app.post('/single', imgwireUpload(options).single('avatar'), (req, res) => {
    res.json({ images: req.images });
  });
  app.use(imgwireErrorHandler());
  return { url: await listen(createServer(app)) };
}
