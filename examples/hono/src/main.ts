import { serve } from '@hono/node-server';
import { createGallery } from './app.ts';
import { openService } from './service.ts';

const service = await openService();
const user = { username: 'demo', password: process.env['GALLERY_PASSWORD'] ?? 'imgwire' };
const { fetch } = createGallery(service.options, user);

serve({ fetch, hostname: '127.0.0.1', port: Number(process.env['PORT'] ?? 3005) }, ({ port }) => {
  console.info(`The gallery is at http://127.0.0.1:${port}: sign in as demo with the password ${user.password}
Images are stored by ${service.name}`);
});
