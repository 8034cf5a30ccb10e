// An upload server that tells what it uses: the usage of its connection, and how many descriptors it has open. Options are passed as
// JSON.
import './end-with-parent.ts';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { createImgwire, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { listen } from '../listen.ts';

const imgwire = createImgwire(JSON.parse(process.argv[2] ?? '{}'));
const app = express();
app.post('/single', imgwireUpload({ imgwire }).single('avatar'), (req, res) => {
  res.json({ images: req.images });
});
app.get('/usage', (_req, res) => {
  res.json({ usage: imgwire.usage(), descriptors: readdirSync('/proc/self/fd').length });
});
app.use(imgwireErrorHandler());
process.stdout.write(`${await listen(createServer(app))}\n`);
