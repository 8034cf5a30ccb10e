import type { AddressInfo } from 'node:net';
import { createSignedUpload } from './app.ts';
import { openService } from './service.ts';

const service = await openService();
const app = createSignedUpload(service.server, service.browser);

const wanted = Number(process.env['PORT'] ?? 3001);
const server = app.listen(wanted, '127.0.0.1', (error?: NodeJS.ErrnoException) => {
  if (error?.code === 'EADDRINUSE') {
    console.error(`Port ${wanted} is in use. Set PORT to another one.`);
    process.exit(1);
  }
  if (error) throw error;
  const { port } = server.address() as AddressInfo;
  console.info(`Signed uploads at http://127.0.0.1:${port}: log in as demo with the password imgwire
Images are stored by ${service.name}`);
});
