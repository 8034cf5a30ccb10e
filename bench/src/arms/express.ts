import { createServer, type Server } from 'node:http';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { listen } from './listen.ts';

export function start(options: ImgwireUploadOptions): Promise<Server> {
  const app = express();
  app.post('/upload', imgwireUpload(options), (req, res) => {
    res.json(req.images);
  });
  app.use(imgwireErrorHandler());
  return listen(createServer(app));
}
