// A worker of the queue of imports, in its own process. The options are passed as JSON; SIGTERM stops it.
import './end-with-parent.ts';
import { importWorker } from '@imgwire/bullmq';
import { createImgwire, type ImgwireOptions } from '@imgwire/core';
import type { RedisServer } from '../redis.ts';

interface Options {
  readonly api: ImgwireOptions;
  readonly connection: RedisServer['connection'];
}

const { api, connection } = JSON.parse(String(process.argv[2])) as Options;
const imgwire = createImgwire(api);
// What a killed process has held is free soon.
const worker = importWorker({
  imgwire,
  connection,
  lockDuration: 4_000,
  stalledInterval: 1_000,
});
worker.on('error', () => undefined);
await worker.waitUntilReady();
process.once('SIGTERM', () => {
  void worker.close().then(() => imgwire.close());
});
console.info('ready');
