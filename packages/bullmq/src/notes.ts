import { setTimeout as sleep } from 'node:timers/promises';
import type { Announcement, UndoFailure } from '@imgwire/core';
import type { Queue } from 'bullmq';

/** An upload whose process has not been heard of for too long; without an id if it was killed before the service had answered. */
export type StaleUpload = Required<Pick<UndoFailure, 'idempotencyKey'>> & Pick<UndoFailure, 'imageId'>;

/** The uploads in flight over all processes, as Redis knows them. */
export interface Notes {
  /** Notes an upload, and that it is over. Never rejects: what goes wrong is an `error` event of the queue. */
  take(idempotencyKey: string): Promise<Announcement>;
  /** Leaves the note of an upload that is over, since its record could not be deleted. @throws Error of Redis */
  leave(upload: StaleUpload): Promise<void>;
  /** Some of those whose process has died, the longest dead first. For five minutes nobody else gets them. @throws Error of Redis */
  claim(): Promise<StaleUpload[]>;
  /** Strikes a claimed note. @throws Error of Redis */
  strike(upload: StaleUpload): Promise<unknown>;
  /** Gives a claimed note to the next sweep. @throws Error of Redis */
  release(upload: StaleUpload): Promise<unknown>;
  close(): void;
}

const TIMEOUT_MS = 1_000;
const CLAIM_MS = 300_000;
const PAGE = 100;
const RETRY_MS = 50;

/**
 * A sorted set of keys, each with the time until which its process vouches for it, and a hash of the ids to those keys. A claim is
 * a time too, with half a millisecond more. The clock is that of Redis.
 */
const SCRIPTS = {
  take: `
    local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
    if score % 1 > 0 and score > now then return 0 end
    return 1 + redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])`,
  created: `if redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end`,
  renew: `
    for i = 2, #ARGV do
      local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
      if score and score % 1 == 0 then redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
    end`,
  leave: `
    redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
    if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end`,
  claim: `
    local claimed = {}
    for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
      redis.call('ZADD', KEYS[1], string.format('%.1f', now + ARGV[2] + 0.5), key)
      table.insert(claimed, key)
      table.insert(claimed, redis.call('HGET', KEYS[2], key) or '')
    end
    return claimed`,
  release: `redis.call('ZADD', KEYS[1], 'XX', now, ARGV[1])`,
  strike: `
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('HDEL', KEYS[2], ARGV[1])`,
};
const NOW = `local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Opens the notes over the connection of a queue, whatever client of Redis that is.
 *
 * @param leaseMs for how long a process vouches; it does again for what is still in flight, however long that takes
 */
export function openNotes(queue: Queue, leaseMs: number): Notes {
  const set = queue.toKey('uploads');
  const connected = queue.getBackend().client.then((client) => {
    for (const [name, lua] of Object.entries(SCRIPTS)) {
      client.defineCommand(`imgwire-${name}`, { numberOfKeys: 2, lua: `${NOW}\n${lua}` });
    }
    return client;
  });
  const run = async (name: keyof typeof SCRIPTS, ...args: (string | number)[]): Promise<unknown> => {
    const client = await connected;
    // A client keeps commands until Redis is back: uploads would wait, and the commands pile up.
    if (client.status !== 'ready') throw new Error('Redis is away: an upload goes on without a note');
    return client.runCommand(`imgwire-${name}`, [set, `${set}:ids`, ...args]);
  };
  const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined);
  const live = new Set<string>();
  const renewal = setInterval(() => {
    if (live.size > 0) quietly(run('renew', leaseMs, ...live));
  }, leaseMs / 3).unref();
  quietly(connected);
  return {
    take: async (key) => {
      live.add(key);
      // A sweep that is deleting the record of this key is soon over.
      const taken = async (): Promise<void> => {
        while (live.has(key) && (await run('take', key, leaseMs)) === 0) await sleep(RETRY_MS);
      };
      await inTime(taken()).catch((error: Error) => queue.emit('error', error));
      return {
        created: (imageId) => quietly(run('created', key, imageId)),
        settled: () => {
          if (live.delete(key)) quietly(run('strike', key));
        },
      };
    },
    leave: async ({ idempotencyKey: key, imageId = '' }) => {
      live.delete(key);
      await run('leave', key, leaseMs, imageId);
    },
    claim: async () => {
      const claimed = (await run('claim', PAGE, CLAIM_MS)) as string[];
      return Array.from({ length: claimed.length / 2 }, (_, i) => {
        const [idempotencyKey = '', imageId = ''] = claimed.slice(2 * i);
        return { idempotencyKey, ...(imageId && { imageId }) };
      });
    },
    strike: ({ idempotencyKey }) => run('strike', idempotencyKey),
    release: ({ idempotencyKey }) => run('release', idempotencyKey),
    close: () => clearInterval(renewal),
  };
}

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(
      `Redis has not answered within ${TIMEOUT_MS} ms: an upload goes on without a note`,
    );
    timer = setTimeout(reject, TIMEOUT_MS, error);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
