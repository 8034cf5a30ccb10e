import { createReadStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import express from 'express';
import multer from 'multer';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-fetch.ts';
import { listen } from './listen.ts';

export function start(options: ArmOptions): Promise<Server> {
  const app = express();
  app.post('/upload', multer({ dest: tmpdir() }).array('images'), async (req, res) => {
    const files = req.files as Express.Multer.File[];
    const images = files.map(async ({ originalname: name, mimetype: type, size, path }) => {
      try {
        return await store(options, { name, type, size, body: createReadStream(path) });
      } finally {
        await unlink(path);
      }
    });
    res.json(await Promise.all(images));
  });
  return listen(createServer(app));
}
