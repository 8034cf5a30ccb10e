import { createServer, type Server } from 'node:http';
import express from 'express';
import multer from 'multer';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-undici.ts';
import { listen } from './listen.ts';

/** Buffering at its best: the whole file in memory, and the cheapest client. */
export function start(options: ArmOptions): Promise<Server> {
  const app = express();
  app.post('/upload', multer({ storage: multer.memoryStorage() }).array('images'), async (req, res) => {
    const files = req.files as Express.Multer.File[];
    res.json(await Promise.all(files.map((file) => store(options, file))));
  });
  return listen(createServer(app));
}
