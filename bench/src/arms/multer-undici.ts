import { createServer, type Server } from 'node:http';
import express from 'express';
import multer from 'multer';
import { request } from 'undici';
import type { ArmOptions } from '../arms.ts';
import { listen } from './listen.ts';

/** Buffering at its best: the whole file in memory, and the cheapest client. */
export function start({ baseUrl, apiKey }: ArmOptions): Promise<Server> {
  const store = async ({ originalname, mimetype, size, buffer }: Express.Multer.File): Promise<object> => {
    const created = await request(`${baseUrl}/api/v1/images/standard_upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ file_name: originalname, mime_type: mimetype, content_length: size }),
    });
    const { image, upload_url } = (await created.body.json()) as { image: object; upload_url: string };
    const headers = { 'content-type': mimetype };
    const stored = await request(upload_url, { method: 'PUT', headers, body: buffer });
    await stored.body.dump();
    if (stored.statusCode !== 200) throw new Error(`put: ${stored.statusCode}`);
    return image;
  };
  const app = express();
  app.post('/upload', multer({ storage: multer.memoryStorage() }).array('images'), async (req, res) => {
    res.json(await Promise.all((req.files as Express.Multer.File[]).map(store)));
  });
  return listen(createServer(app));
}
