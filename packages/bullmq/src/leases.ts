import { setTimeout as sleep } from 'node:timers/promises';
import type { CreateCallbacks, RollbackFailure } from '@imgwire/core';
import type { Queue } from 'bullmq';
import { inTime } from './in-time.ts';
import { defineScripts } from './redis-scripts.ts';
import type { Sweepable } from './sweep.ts';

/** An upload that is over while its record remains. It has no id if the service had not responded. */
export type OrphanedUpload = Required<Pick<RollbackFailure, 'idempotencyKey'>> &
  Omit<RollbackFailure, 'error'>;

/** An upload whose lease has expired, or that was orphaned. */
export interface StaleUpload extends OrphanedUpload {
  /** Identifies the claim, for `remove` and `release`. */
  readonly claim: string;
}

/** The uploads in flight in all processes, as Redis knows them: each process holds a lease for each of its own. */
export interface Leases extends Sweepable<StaleUpload> {
  /**
   * Acquires the lease of an upload, and gives it up when the upload is over. If a sweep is deleting the record of this key, it
   * waits. Never rejects: an error is an `error` event of the queue.
   */
  acquire(idempotencyKey: string): Promise<CreateCallbacks>;
  /** Keeps an upload whose record could not be deleted, until its key is used again. @throws Error of Redis */
  orphan(upload: OrphanedUpload): Promise<unknown>;
  close(): void;
}

/** Longer than the calls that delete a record, with all their attempts. */
const CLAIM_MS = 180_000;
const RETRY_MS = 50;
/** Before an id: the record is to be deleted whatever its status. */
const ANY_STATUS = '!';

/**
 * A sorted set has each key with the time at which its lease ends, and a hash has the ids to those keys. A claim is a time too,
 * with half a millisecond more. The clock is that of Redis, since those of the processes differ.
 */
const SCRIPTS = {
  acquire: `
    local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or 0)
    if score % 1 > 0 and score > now then return 0 end
    redis.call('HDEL', KEYS[2], ARGV[1])
    return 1 + redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])`,
  created: `if redis.call('ZSCORE', KEYS[1], ARGV[1]) then redis.call('HSET', KEYS[2], ARGV[1], ARGV[2]) end`,
  renew: `
    for i = 2, #ARGV do
      local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
      if not score or score % 1 == 0 then redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[i]) end
    end`,
  settle: `
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('HDEL', KEYS[2], ARGV[1])`,
  orphan: `
    redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
    if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end`,
  claim: `
    local key = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
    if not key then return {} end
    redis.call('ZADD', KEYS[1], string.format('%.1f', now + ARGV[1] + 0.5), key)
    return { key, redis.call('ZSCORE', KEYS[1], key), redis.call('HGET', KEYS[2], key) or '' }`,
  remove: `
    if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then return end
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('HDEL', KEYS[2], ARGV[1])`,
  release: `
    if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1]) end`,
};

/**
 * Opens the leases over the connection of a queue, whatever client of Redis that is.
 *
 * @param leaseMs how long a lease lasts. It is renewed while its upload is in flight, however long that takes
 */
export function openLeases(queue: Queue, leaseMs: number): Leases {
  const set = queue.toKey('uploads');
  const connected = defineScripts(queue, SCRIPTS);
  const run = async (name: keyof typeof SCRIPTS, ...args: (string | number)[]): Promise<unknown> =>
    (await connected).run(name, [set, `${set}:ids`], args);
  /** A client keeps commands until Redis is back: uploads would wait, and the commands pile up. */
  const runNow: typeof run = async (...command) => {
    if (!(await connected).isReady()) throw new Error('Redis is away: an upload goes on without a note');
    return run(...command);
  };
  const quietly = (work: Promise<unknown>): void => void work.catch(() => undefined);
  /** How many uploads of each key are in flight here: clients send one again while it is still being rolled back. */
  const live = new Map<string, number>();
  /** Keys of which one upload is orphaned, while another is in flight. */
  const orphaned = new Set<string>();
  const settle = (key: string): void => {
    const others = (live.get(key) ?? 1) - 1;
    if (others > 0) {
      live.set(key, others);
      return;
    }
    live.delete(key);
    if (!orphaned.delete(key)) quietly(runNow('settle', key));
  };
  const renewal = setInterval(() => {
    if (live.size > 0) quietly(runNow('renew', leaseMs, ...live.keys()));
  }, leaseMs / 3).unref();
  quietly(connected);
  return {
    acquire: async (key) => {
      live.set(key, (live.get(key) ?? 0) + 1);
      try {
        while ((await inTime(runNow('acquire', key, leaseMs), ': an upload goes on without a note')) === 0)
          await sleep(RETRY_MS);
      } catch (error) {
        queue.emit('error', error as Error);
      }
      return {
        onCreated: (imageId) => quietly(runNow('created', key, imageId)),
        onSettled: () => settle(key),
      };
    },
    orphan: ({ idempotencyKey: key, imageId, onlyIfPending }) => {
      if (live.has(key)) orphaned.add(key);
      const prefix = onlyIfPending ? '' : ANY_STATUS;
      return run('orphan', key, leaseMs, imageId === undefined ? '' : `${prefix}${imageId}`);
    },
    claim: async () => {
      const [idempotencyKey, claim = '', id = ''] = (await runNow('claim', CLAIM_MS)) as string[];
      if (idempotencyKey === undefined) return undefined;
      if (id.startsWith(ANY_STATUS)) return { idempotencyKey, claim, imageId: id.slice(ANY_STATUS.length) };
      return { idempotencyKey, claim, ...(id && { imageId: id }), onlyIfPending: true };
    },
    remove: ({ idempotencyKey, claim }) => runNow('remove', idempotencyKey, claim),
    release: ({ idempotencyKey, claim }) => runNow('release', idempotencyKey, claim, Math.ceil(leaseMs / 10)),
    close: () => clearInterval(renewal),
  };
}
