import type { Redis } from 'ioredis';
import { type RedisReply, RedisStore } from 'rate-limit-redis';

const WINDOW_MS = 60 * 60_000;
const TOKENS = 20;

/** For `rateLimit` of a token endpoint: so many tokens for each user in an hour, over all machines. */
export function sharedTokenLimit(redis: Redis): (user: string) => Promise<boolean | number> {
  const store = new RedisStore({
    sendCommand: (command, ...args) => redis.call(command, ...args) as Promise<RedisReply>,
    prefix: 'upload-token:',
  });
  store.windowMs = WINDOW_MS;
  return async (user) => {
    const { totalHits, resetTime } = await store.increment(user);
    return totalHits <= TOKENS || (Number(resetTime) - Date.now()) / 1000;
  };
}
