import { createDemo } from './app.ts';
import { listen } from './listen.ts';
import { openService } from './service.ts';

const { options, ...storedBy } = await openService();
const address = await listen(createDemo(options, storedBy), Number(process.env['PORT'] ?? 3000));

console.log(`
Imgwire demo at ${address}
Images are stored by ${storedBy.name}${storedBy.page ? ', which shows them in a browser' : ''}

From a terminal:
  curl -F images=@examples/demo/lake.jpg ${address}/images
`);
