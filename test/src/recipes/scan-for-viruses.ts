import { connect, type NetConnectOpts } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express, { type Express } from 'express';

/** clamd(8), INSTREAM: each chunk behind its length, and a length of 0 at the end. */
async function* framed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from('zINSTREAM\0');
  for await (const chunk of bytes) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(chunk.length);
    yield length;
    yield chunk;
  }
  yield Buffer.alloc(4);
}

async function scan(bytes: AsyncIterable<Uint8Array>, clamd: NetConnectOpts): Promise<true | string> {
  const said = await pipeline(framed(bytes), connect(clamd), async (chunks: AsyncIterable<Uint8Array>) => {
    let text = '';
    for await (const chunk of chunks) text += Buffer.from(chunk).toString();
    return text;
  });
  if (said === 'stream: OK\0') return true;
  if (said.includes('FOUND')) return 'The file has a virus.';
  throw new Error(`clamd said: ${said}`); // 503: it could not tell
}

export function createApp(clamd: NetConnectOpts, options: ImgwireUploadOptions = {}): Express {
  const upload = imgwireUpload({ ...options, scan: (bytes) => scan(bytes, clamd) });
  const app = express();

  app.post('/photos', upload.single('photo', { required: true }), (req, res) => {
    res.status(201).json({ id: req.image?.id });
  });
  app.use(imgwireErrorHandler());
  return app;
}
