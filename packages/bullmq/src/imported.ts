import type { Queue, Worker } from 'bullmq';
import { defineScripts, type RedisScripts } from './redis-scripts.ts';

/** More are not remembered, so that Redis does not fill up: some of them would count again. About 60 bytes each. */
const MOST_REMEMBERED = 1_000_000;

/** How an item is remembered: short, since there are many. */
const DIGEST = `local function digest(id) return string.sub(redis.sha1hex(id), 1, 14) end`;

/**
 * A set of what was imported, and their number. BullMQ's own count is of jobs: one that was removed, and is added again, is another.
 * An item that counts while its job is not quite over is in flight, and so is one that is imported once more.
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

/** Counts an item, if it has not been counted before. @throws Error of Redis */
export async function countImported(worker: Worker, jobId: string): Promise<void> {
  await run(worker, 'imported', jobId, MOST_REMEMBERED);
}

/** How many are done, have failed, and are left, at one moment. @throws Error of Redis */
export async function readProgress(queue: Queue): Promise<readonly number[]> {
  const lists = ['active', 'failed', 'wait', 'paused', 'delayed', 'prioritized'];
  return (await run(queue, 'progress', ...lists.map((list) => queue.toKey(list)))) as number[];
}

/** Begins to count anew. @throws Error of Redis */
export async function forgetImported(queue: Queue): Promise<void> {
  await run(queue, 'forget');
}
