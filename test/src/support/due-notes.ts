import type { Redis } from 'ioredis';

const NOTES = 'bull:imgwire-undo:direct';

/** The states of the notes in Redis, sorted. */
export const noteStates = async (redis: Redis): Promise<string[]> =>
  (await redis.hvals(`${NOTES}:notes`))
    .map((note) => note.split('|')[0] ?? '')
    .sort((a, b) => a.localeCompare(b));

/** Lets the time of all notes pass: their uploads took too long, and their processes have been silent. */
export async function passTime(redis: Redis): Promise<void> {
  for (const [key, note] of Object.entries(await redis.hgetall(`${NOTES}:notes`))) {
    const [state, owner, id] = note.split('|');
    await redis.hset(`${NOTES}:notes`, key, [state, owner, id, 0, 0].join('|'));
    await redis.zadd(NOTES, 0, key);
  }
}
