import type { AddressInfo } from 'node:net';
import { createSignedUpload } from './app.ts';
import { openService } from './service.ts';

const service = await openService();
const app = createSignedUpload(service.server, service.browser);

const server = app.listen(Number(process.env['PORT'] ?? 3001), '127.0.0.1', (error) => {
  if (error) throw error;
  const { port } = server.address() as AddressInfo;
  console.info(`Signed uploads at http://127.0.0.1:${port}\nImages are stored by ${service.name}`);
});
