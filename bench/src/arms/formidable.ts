import { createReadStream } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import express from 'express';
import formidable from 'formidable';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-fetch.ts';
import { listen } from './listen.ts';

export function start(options: ArmOptions): Promise<Server> {
  const app = express();
  app.post('/upload', async (req, res) => {
    const [, files] = await formidable({ multiples: true }).parse(req);
    const images = (files['images'] ?? []).map(async ({ originalFilename, mimetype, size, filepath }) => {
      try {
        const file = { name: originalFilename ?? 'upload', type: mimetype ?? 'image/jpeg', size };
        return await store(options, { ...file, body: createReadStream(filepath) });
      } finally {
        await unlink(filepath);
      }
    });
    res.json(await Promise.all(images));
  });
  return listen(createServer(app));
}
