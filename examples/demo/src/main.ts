import { createDemo } from './app.ts';
import { listen } from './listen.ts';
import { openService } from './service.ts';

const service = await openService();
const address = await listen(createDemo(service.options), Number(process.env['PORT'] ?? 3000));

console.log(`
Imgwire demo at ${address}
Images are stored by ${service.name}

From a terminal:
  curl -F images=@examples/demo/lake.jpg ${address}/images
`);
