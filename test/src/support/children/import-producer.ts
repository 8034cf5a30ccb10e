// Adds images to the queue of imports, in its own process, so that its memory can be observed. The options are passed as JSON.
import './end-with-parent.ts';
import { type ImportItem, importQueue } from '@imgwire/bullmq';
import type { RedisServer } from '../redis.ts';

interface Options {
  readonly connection: RedisServer['connection'];
  readonly address: string;
  readonly count: number;
  readonly nameBytes: number;
}

const { connection, address, count, nameBytes } = JSON.parse(String(process.argv[2])) as Options;
const imports = importQueue({ connection });
await imports.queue.waitUntilReady();
console.info('ready');

function* items(): Generator<ImportItem> {
  for (let i = 0; i < count; i++)
    yield { url: `${address}/${i}.jpg`, fileName: `${i} ${'x'.repeat(nameBytes)}.jpg` };
}

await imports.add(items());
await imports.close();
