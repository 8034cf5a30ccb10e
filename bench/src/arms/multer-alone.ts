import { createServer, type Server } from 'node:http';
import express from 'express';
import multer from 'multer';
import { listen } from './listen.ts';

/** Receives files into memory, and lets go of them. */
export function start(): Promise<Server> {
  const app = express();
  app.post('/upload', multer({ storage: multer.memoryStorage() }).array('images'), (_req, res) => {
    res.json([]);
  });
  return listen(createServer(app));
}
