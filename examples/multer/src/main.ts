import type { AddressInfo } from 'node:net';
import { createListings } from './app.ts';
import { openService } from './service.ts';

const service = await openService();
const app = createListings(service.options);

const server = app.listen(Number(process.env['PORT'] ?? 3006), '127.0.0.1', (error) => {
  if (error) throw error;
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  console.info(`Uploads with multer at ${address}
Images are stored by ${service.name}

From a terminal:
  curl -F name=Ann -F avatar=@examples/demo/lake.jpg ${address}/avatar
  curl -F title=Boathouse -F cover=@examples/demo/lake.jpg -F photos=@examples/demo/lake.jpg ${address}/listings`);
});
