import type { Queue, Worker } from 'bullmq';
import { defineScripts, type RedisScripts } from './redis-scripts.ts';

/** More are not remembered, so that Redis does not fill up. Each takes about 60 bytes. A forgotten item can count again. */
const MOST_REMEMBERED = 1_000_000;

/** Shortens the id of an item, since there are many. */
const DIGEST = `local function digest(id) return string.sub(redis.sha1hex(id), 1, 14) end`;

/**
 * A set of the imported items, and their number. BullMQ counts jobs, and a job that was removed and added again counts twice. An item
 * whose job is active is in flight, even if it is in the set already.
 */
const SCRIPTS = {
  imported: `${DIGEST}
    if redis.call('SADD', KEYS[1], digest(ARGV[1])) == 0 then return end
    redis.call('INCR', KEYS[2])
    if redis.call('SCARD', KEYS[1]) > tonumber(ARGV[2]) then redis.call('SPOP', KEYS[1]) end`,
  progress: `${DIGEST}
    local done = tonumber(redis.call('GET', KEYS[2]) or 0)
    local active = redis.call('LRANGE', ARGV[1], 0, -1)
    for _, id in ipairs(active) do done = done - redis.call('SISMEMBER', KEYS[1], digest(id)) end
    local left = #active
    for i = 3, 4 do left = left + redis.call('LLEN', ARGV[i]) end
    for i = 5, #ARGV do left = left + redis.call('ZCARD', ARGV[i]) end
    return { done, redis.call('ZCARD', ARGV[2]), left }`,
  forget: `redis.call('DEL', KEYS[1], KEYS[2])`,
};

const opened = new WeakMap<object, Promise<RedisScripts<keyof typeof SCRIPTS>>>();

async function run(
  owner: Queue | Worker,
  name: keyof typeof SCRIPTS,
  ...args: (string | number)[]
): Promise<unknown> {
  const scripts = opened.get(owner) ?? defineScripts(owner, SCRIPTS);
  opened.set(owner, scripts);
  const set = owner.toKey('imported');
  return (await scripts).run(name, [set, `${set}:count`], args);
}

/** Counts an item, unless it is counted already. @throws Error of Redis */
export async function countImported(worker: Worker, jobId: string): Promise<void> {
  await run(worker, 'imported', jobId, MOST_REMEMBERED);
}

/** How many are completed, failed and remaining, at one moment. @throws Error of Redis */
export async function readProgress(queue: Queue): Promise<readonly number[]> {
  const lists = ['active', 'failed', 'wait', 'paused', 'delayed', 'prioritized'];
  return (await run(queue, 'progress', ...lists.map((list) => queue.toKey(list)))) as number[];
}

/** Resets the count. @throws Error of Redis */
export async function forgetImported(queue: Queue): Promise<void> {
  await run(queue, 'forget');
}
