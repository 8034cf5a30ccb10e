import { createServer, type Server } from 'node:http';
import express from 'express';
import multer from 'multer';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-fetch.ts';
import { listen } from './listen.ts';

export function start(options: ArmOptions): Promise<Server> {
  const app = express();
  const upload = multer({ storage: multer.memoryStorage() });
  app.post('/upload', upload.array('images'), async (req, res) => {
    const files = req.files as Express.Multer.File[];
    const images = files.map(({ originalname: name, mimetype: type, size, buffer }) =>
      store(options, { name, type, size, body: new Uint8Array(buffer.buffer, buffer.byteOffset, size) }),
    );
    res.json(await Promise.all(images));
  });
  return listen(createServer(app));
}
