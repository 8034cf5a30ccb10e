// Uploads through Express with `undoQueue`, in its own process, which is killed in the middle of them. The options are passed as
// JSON; the first line of output has the URL.
import './end-with-parent.ts';
import { createServer } from 'node:http';
import { type UndoQueueOptions, undoQueue } from '@imgwire/bullmq';
import { createImgwire, type ImgwireOptions, imgwireErrorHandler, imgwireUpload } from '@imgwire/express';
import express from 'express';
import type { RedisServer } from '../redis.ts';
import { listen } from '../targets.ts';

interface Options {
  readonly api: ImgwireOptions;
  readonly connection: RedisServer['connection'];
  readonly queue: Pick<UndoQueueOptions, 'staleAfterMs'>;
}

const { api, connection, queue } = JSON.parse(String(process.argv[2])) as Options;
const undo = undoQueue({ connection, ...queue });
const { onUndoFailed, beforeCreate } = undo;
const imgwire = createImgwire({ ...api, onUndoFailed, beforeCreate });
await undo.queue.waitUntilReady();
const app = express();
app.post('/', imgwireUpload({ imgwire }).single('photo'), (req, res) => void res.json(req.image));
app.use(imgwireErrorHandler());
console.info(await listen(createServer(app)));
