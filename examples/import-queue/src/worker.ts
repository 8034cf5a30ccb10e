import { importWorker } from '@imgwire/bullmq';
import { createImgwire } from '@imgwire/core';

// One worker process. The queue tries again by itself.
const imgwire = createImgwire({ maxAttempts: 1 });
const worker = importWorker({ imgwire, connection: { port: Number(process.env['REDIS_PORT']) } });
worker.on('failed', (job, error) => console.error(`${JSON.stringify(job?.data)}: ${error.message}`));
worker.on('error', (error) => console.error(error.message));
process.once('SIGTERM', () => {
  void worker.close().then(() => imgwire.close());
});
