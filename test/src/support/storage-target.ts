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
import { listen, type RunningTarget } from './targets.ts';

/** A user's own multer with our storage engine, on Express 5: POST /any. What multer is told is the user's business. */
export async function startStorage(
  connection: ImgwireOptions,
  options: Omit<multer.Options, 'storage'> = {},
  rules: StorageRules<unknown> = {},
): Promise<RunningTarget> {
  const imgwire = createImgwire(connection);
  // @types/multer wants an engine for Express's request, ours takes any.
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
  // Express's own handler prints what it answers.
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
