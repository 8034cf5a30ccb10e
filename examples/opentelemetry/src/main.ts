import type { AddressInfo } from 'node:net';
import { createImgwire, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { observeImgwireUsage } from './imgwire-telemetry.ts';
import { openService } from './service.ts';
import { stopTelemetry } from './telemetry.ts';

const service = await openService();
const imgwire = createImgwire(service.options);
observeImgwireUsage(imgwire);
const app = express();
app.post('/images', imgwireUpload({ imgwire }).array('images'), (req, res) => {
  res.json({ images: req.images?.map(({ id, status }) => ({ id, status })) });
});
app.use(imgwireErrorHandler());

const server = app.listen(Number(process.env['PORT'] ?? 3002), '127.0.0.1', (error) => {
  if (error) throw error;
  const { port } = server.address() as AddressInfo;
  console.info(`Uploads with OpenTelemetry at http://127.0.0.1:${port}
Images are stored by ${service.name}

From a terminal:
  curl -F images=@examples/demo/lake.jpg http://127.0.0.1:${port}/images`);
});

async function stop(): Promise<never> {
  server.close();
  await stopTelemetry();
  process.exit();
}
process.once('SIGINT', () => void stop());
