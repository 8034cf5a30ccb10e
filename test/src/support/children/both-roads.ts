// Uploads through a form and direct uploads, under one object of rules and with the notes of `rollbackQueue`, in its own process, which
// is killed. It serves a page with the client. The options are passed as JSON; the first line of output has the URL.
import './end-with-parent.ts';
import { createServer } from 'node:http';
import { rollbackQueue } from '@imgwire/bullmq';
import {
  createImgwire,
  type ImgwireOptions,
  imgwireDirectUpload,
  imgwireErrorHandler,
  imgwireUpload,
} from '@imgwire/express';
import express from 'express';
import { Redis } from 'ioredis';
import { serveClient } from '../../client/client-page.ts';
import { listen } from '../listen.ts';
import type { RedisServer } from '../redis.ts';

interface Options {
  readonly api: ImgwireOptions;
  readonly connection: RedisServer['connection'];
  /** How long the process may be silent before its uploads are cleaned up, in milliseconds. */
  readonly staleAfterMs: number;
}

const { api, connection, staleAfterMs } = JSON.parse(String(process.argv[2])) as Options;
const rollback = rollbackQueue({ connection, staleAfterMs });
await rollback.queue.waitUntilReady();
const redis = new Redis(connection);
const { onRollbackFailed, beforeCreate, direct: notes } = rollback;
const imgwire = createImgwire({ ...api, logger: {}, onRollbackFailed, beforeCreate });
const rules = {
  accept: ['image/jpeg', 'image/png'],
  maxPixels: 1_000_000,
  limits: { fileSize: 40 * 1024 * 1024 },
} as const;

/** The application's own table: what is in it must stay at Imgwire. */
const save = async ({ id }: { readonly id: string }): Promise<void> => void (await redis.sadd('rows', id));

const app = express();
await serveClient(app);
app.post('/form', imgwireUpload({ imgwire, ...rules }).single('file'), async (req, res) => {
  if (req.query['hold'] !== undefined) {
    console.info('held');
    return;
  }
  if (req.image) await save(req.image);
  res.json({ id: req.image?.id });
});
app.all(
  '/direct',
  imgwireDirectUpload({ imgwire, ...rules, notes, authorize: () => true, subject: null, onStored: save }),
);
app.use(imgwireErrorHandler());
console.info(await listen(createServer(app)));
