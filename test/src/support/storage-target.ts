import { createServer } from 'node:http';
import {
  createImgwire,
  type ImgwireOptions,
  imgwireErrorHandler,
  imgwireStorage,
  type ReceivedFile,
  type StorageRules,
} from '@imgwire/express';
import express5, { type Request, type Response } from 'express';
import multer from 'multer';
import { listen } from './listen.ts';
import type { RunningTarget } from './targets.ts';

/** A user's own multer with our storage engine, on Express 5: POST /any. The options of multer are up to the user. */
export async function startStorage(
  connection: ImgwireOptions,
  options: Omit<multer.Options, 'storage'> = {},
  rules: StorageRules<unknown> = {},
): Promise<RunningTarget> {
  const imgwire = createImgwire(connection);
  // @types/multer requires an engine for Express's request; ours accepts any.
  const storage = imgwireStorage({ imgwire, ...rules }) as unknown as multer.StorageEngine;
  const errors: unknown[] = [];
  const app = express5();
  app.post('/any', multer({ ...options, storage }).any(), (req: Request, res: Response) => {
    const files = (req.files ?? []) as unknown as ReceivedFile[];
    res.json({
      images: files.map(({ image }) => image),
      body: req.body,
      files: files.map(({ image: _, discard: __, ...file }) => file),
    });
  });
  app.use((error: unknown, _req: Request, _res: Response, next: (error: unknown) => void) => {
    errors.push(error);
    next(error);
  });
  app.use(imgwireErrorHandler());
  // Express's default error handler logs the error.
  app.set('env', 'test');
  const server = createServer(app);
  return {
    url: await listen(server),
    server,
    errors,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await imgwire.close();
    },
  };
}
