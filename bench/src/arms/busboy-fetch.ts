import { createServer, type Server } from 'node:http';
import busboy from 'busboy';
import express from 'express';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-fetch.ts';
import { listen } from './listen.ts';

/** Streams, which only works because its client tells each file's size in a field in front of the file. */
export function start(options: ArmOptions): Promise<Server> {
  const app = express();
  app.post('/upload', (req, res, next) => {
    const images: Promise<object>[] = [];
    let size = 0;
    const parser = busboy({ headers: req.headers });
    parser.on('field', (name, value) => {
      if (name === 'size') size = Number(value);
    });
    parser.on('file', (_field, body, { filename: name = 'upload', mimeType: type }) => {
      const image = store(options, { name, type, size, body });
      image.catch(() => body.resume());
      images.push(image);
    });
    parser.on('close', () => void Promise.all(images).then((stored) => res.json(stored), next));
    parser.on('error', next);
    req.pipe(parser);
  });
  return listen(createServer(app));
}
