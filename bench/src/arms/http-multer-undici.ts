import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Request, Response } from 'express';
import multer from 'multer';
import type { ArmOptions } from '../arms.ts';
import { store } from './imgwire-undici.ts';
import { servePlainly } from './plain-http.ts';

/** What `multer-undici` does, without Express. */
export function start(options: ArmOptions): Promise<Server> {
  const receive = multer({ storage: multer.memoryStorage() }).array('images');
  const upload = (req: IncomingMessage, res: ServerResponse): Promise<object[]> =>
    new Promise((resolve, reject) => {
      // multer is typed for Express, but uses nothing of it.
      const request = req as Request;
      receive(request, res as Response, (error: unknown) => {
        if (error !== undefined && error !== null) return reject(error);
        const files = request.files as Express.Multer.File[];
        Promise.all(files.map((file) => store(options, file))).then(resolve, reject);
      });
    });
  return servePlainly(upload, (images) => images);
}
