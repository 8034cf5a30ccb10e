// Uploads through Express with `rollbackQueue`, in its own process, which is killed in the middle of them. The options are passed as
// JSON; the first line of output has the URL.
import './end-with-parent.ts';
import { createServer } from 'node:http';
import { type RollbackQueueOptions, rollbackQueue } from '@imgwire/bullmq';
import { createImgwire, type ImgwireOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import { listen } from '../listen.ts';
import type { RedisServer } from '../redis.ts';

interface Options {
  readonly api: ImgwireOptions;
  readonly connection: RedisServer['connection'];
  readonly queue: Pick<RollbackQueueOptions, 'staleAfterMs'>;
}

const { api, connection, queue } = JSON.parse(String(process.argv[2])) as Options;
const undo = rollbackQueue({ connection, ...queue });
const { onRollbackFailed, beforeCreate } = undo;
const imgwire = createImgwire({ ...api, onRollbackFailed, beforeCreate });
await undo.queue.waitUntilReady();
const app = express();
app.post('/', imgwireUpload({ imgwire }).single('photo'), (req, res) => void res.json(req.image));
app.use(imgwireErrorHandler());
console.info(await listen(createServer(app)));
