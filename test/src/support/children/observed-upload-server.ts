// An upload server that tells what became of it: each log line and each record reported as left behind is a line of its errors,
// as JSON. Options are passed as JSON, of the connection and of the server.
import './end-with-parent.ts';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ImgwireUploadOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';

interface Options extends ImgwireUploadOptions {
  /** Of the HTTP server. */
  readonly maxConnections?: number;
}

const tell = (kind: string, context: object): void => {
  const { err } = context as { err?: { code?: string; cause?: { code?: string } } };
  process.stderr.write(`${JSON.stringify({ kind, code: err?.code, cause: err?.cause?.code })}\n`);
};

const { maxConnections, ...options } = JSON.parse(process.argv[2] ?? '{}') as Options;
const app = express();
const upload = imgwireUpload({
  ...options,
  logger: {
    warn: (context: object) => tell('warning', context),
    error: (context: object) => tell('fault', context),
  },
  onRollbackFailed: ({ error }) => tell('left', { err: error }),
});
app.post('/single', upload.single('avatar'), (req, res) => {
  res.json({ images: req.images, files: req.files });
});
app.use(imgwireErrorHandler());
const server = createServer(app);
if (maxConnections) server.maxConnections = maxConnections;
// No more is loaded than a server needs: the loader opens every file at once.
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
