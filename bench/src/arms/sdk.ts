import { createServer, type Server } from 'node:http';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import express from 'express';
import multer from 'multer';
import { type ArmOptions, SDK_MODULE } from '../arms.ts';
import { listen } from './listen.ts';

/** What is used of the official SDK, which cannot be had everywhere. */
interface Sdk {
  ImgwireClient: new (
    options: ArmOptions,
  ) => { images: { upload(input: { file: Buffer; fileName: string; mimeType: string }): Promise<object> } };
}

export async function start({ baseUrl, apiKey }: ArmOptions): Promise<Server> {
  const name = SDK_MODULE ?? '@imgwire/node';
  const specifier = /^[./]/.test(name) ? pathToFileURL(resolve(name)).href : name;
  const sdk = (await import(specifier)) as Partial<Sdk> & { default?: Sdk };
  const ImgwireClient = sdk.ImgwireClient ?? sdk.default?.ImgwireClient;
  if (!ImgwireClient) throw new Error(`IMGWIRE_NODE_SDK: ${name} exports no ImgwireClient`);
  const { images } = new ImgwireClient({ apiKey, baseUrl });
  const app = express();
  app.post('/upload', multer({ storage: multer.memoryStorage() }).array('images'), async (req, res) => {
    const files = req.files as Express.Multer.File[];
    const uploads = files.map(({ buffer: file, originalname: fileName, mimetype: mimeType }) =>
      images.upload({ file, fileName, mimeType }),
    );
    res.json(await Promise.all(uploads));
  });
  return listen(createServer(app));
}
