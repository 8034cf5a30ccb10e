// Direct uploads through Express with the notes of `rollbackQueue`, in its own process, which is killed at any moment. The options are
// passed as JSON; the first line of output has the URL, and the next one says that it stands where it was told to.
import './end-with-parent.ts';
import { createServer } from 'node:http';
import { type RollbackQueue, rollbackQueue } from '@imgwire/bullmq';
import { createImgwire, type ImgwireOptions, imgwireDirectUpload } from '@imgwire/express';
import express from 'express';
import { Redis } from 'ioredis';
import { listen } from '../listen.ts';
import type { RedisServer } from '../redis.ts';

/** Where a server can be told to stand still, after that step. */
export type Stand = 'issue' | 'create' | 'begin' | 'store' | 'end';

interface Options {
  readonly api: ImgwireOptions;
  readonly connection: RedisServer['connection'];
  readonly stand?: Stand;
  /** How often `onStored` throws, 0 to 1. */
  readonly throws?: number;
  readonly accept?: readonly string[];
}

const { api, connection, stand, throws = 0, accept } = JSON.parse(String(process.argv[2])) as Options;
const undo = rollbackQueue({ connection });
await undo.queue.waitUntilReady();
const redis = new Redis(connection);
const imgwire = createImgwire({ ...api, logger: {} });

async function standAt(here: Stand): Promise<void> {
  if (stand !== here) return;
  console.info(here);
  await new Promise(() => undefined);
}

const { direct } = undo;
const notes: RollbackQueue['direct'] = {
  issue: async (...args) => {
    await direct.issue(...args);
    await standAt('issue');
  },
  created: async (...args) => {
    await direct.created(...args);
    await standAt('create');
  },
  begin: async (...args) => {
    const state = await direct.begin(...args);
    await standAt('begin');
    return state;
  },
  end: async (...args) => {
    await direct.end(...args);
    await standAt('end');
  },
};

const app = express();
app.all(
  '/photos',
  imgwireDirectUpload({
    ...{ imgwire, notes, authorize: () => true, subject: null, ticketSecret: 'x'.repeat(32) },
    ...(accept && { accept }),
    onStored: async ({ id }) => {
      await redis.sadd('calls', id);
      if (Math.random() < throws) throw new Error('the database is away');
      // The application's own table: what is in it must stay at Imgwire.
      await redis.sadd('rows', id);
      await standAt('store');
      return { id };
    },
  }),
);
console.info(await listen(createServer(app)));
