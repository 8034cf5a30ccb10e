import { randomUUID } from 'node:crypto';
import type { DirectNotes, NoteState } from '@imgwire/core/adapter';
import type { Queue } from 'bullmq';
import { inTime } from './in-time.ts';
import { defineScripts } from './redis-scripts.ts';
import type { Sweepable } from './sweep.ts';

/** A note whose time is up, claimed by one sweep. */
export interface ExpiredNote {
  readonly key: string;
  /** Undefined if the process was killed before it knew: the record is found by its key. */
  readonly imageId: string | undefined;
  /** `sweeping`: it was never completed, or was rejected. In the others whether `onStored` has stored the image is in doubt. */
  readonly state: 'storing' | 'doubted' | 'sweeping';
  /** Identifies the claim. */
  readonly claim: string;
}

/** The notes of direct uploads in all processes, as Redis knows them. */
export interface SweptNotes extends DirectNotes, Sweepable<ExpiredNote> {
  close(): void;
}

/** How long a process may be silent before its note can be taken by another, in milliseconds. */
const LEASE_MS = 30_000;
/** An `onStored` that never settles is given up. */
const LONGEST_MS = 3_600_000;
/** Longer than the calls that delete a record, with all their attempts. */
const CLAIM_MS = 180_000;

/** Reads a note: its state, who took it, its record, when its time is up, and when its lease ends. */
const READ = `
  local note = redis.call('HGET', KEYS[2], ARGV[1])
  local state, owner, id, due, lease
  if note then
    state, owner, id, due, lease = note:match('^(%a+)|([^|]*)|([^|]*)|(%d+)|(%d+)$')
    due, lease = tonumber(due), tonumber(lease)
  end
  local function write(s, o, l, at)
    redis.call('HSET', KEYS[2], ARGV[1], table.concat({ s, o, id, string.format('%d', due), string.format('%d', l) }, '|'))
    redis.call('ZADD', KEYS[1], at, ARGV[1])
  end
  local function strike()
    redis.call('ZREM', KEYS[1], ARGV[1])
    redis.call('HDEL', KEYS[2], ARGV[1])
  end`;

/**
 * A hash has the notes by their keys, and a sorted set when each is looked at. The clock is that of Redis, since those of the processes
 * differ. One script is one arrow, so that a completion and the sweep never both take a note.
 *
 * A completion that takes over from one that was killed makes the note `doubted`: the image may be stored, whatever its own `onStored`
 * does. Such a note is never open again.
 */
const SCRIPTS = {
  'direct-issue': `${READ}
    if note then return end
    id, due = '', now + ARGV[2]
    write('open', '', 0, due)`,
  'direct-created': `${READ}
    if not note or id ~= '' then return end
    id = ARGV[2]
    write(state, owner, lease, redis.call('ZSCORE', KEYS[1], ARGV[1]))`,
  // owner, lease, arrow
  'direct-begin': `${READ}
    if not note then return 'unknown' end
    if state == 'done' then return 'done' end
    if state == 'sweeping' then return 'swept' end
    if state ~= 'open' and (lease > now or ARGV[4] == 'sweeping') then return 'busy' end
    lease = now + ARGV[3]
    if ARGV[4] == 'sweeping' then write('sweeping', ARGV[2], lease, lease)
    else write(state == 'open' and 'storing' or 'doubted', ARGV[2], lease, math.max(due, lease)) end
    return 'ours'`,
  'direct-renew': `${READ}
    if not note or (state ~= 'storing' and state ~= 'doubted') or owner ~= ARGV[2] then return end
    lease = now + ARGV[3]
    write(state, owner, lease, math.max(due, lease))`,
  // owner, to
  'direct-end': `${READ}
    if not note or owner ~= ARGV[2] then return end
    if ARGV[3] == 'struck' then return strike() end
    write(ARGV[3] == 'open' and state == 'doubted' and state or ARGV[3], '', 0, due)`,
  // ARGV[1] is the key once it is found.
  'direct-claim': `
    local claim, ms = ARGV[1], ARGV[2]
    ARGV[1] = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
    if not ARGV[1] then return {} end
    ${READ}
    if not note or state == 'done' then
      strike()
      return { '' }
    end
    if state == 'open' then state = 'sweeping' end
    lease = now + ms
    write(state, claim, lease, lease)
    return { ARGV[1], state, id }`,
  'direct-release': `${READ}
    if note and owner == ARGV[2] then write(state, owner, 0, now + ARGV[3]) end`,
};

/**
 * Opens the notes over the connection of a queue. Each method rejects while Redis is away.
 *
 * @param releaseMs how long a released note is left alone
 */
export function openDirectNotes(queue: Queue, releaseMs: number): SweptNotes {
  const set = queue.toKey('direct');
  const connected = defineScripts(queue, SCRIPTS);
  const run = async (name: keyof typeof SCRIPTS, ...args: (string | number)[]): Promise<unknown> => {
    // A Redis that was never there keeps a connection waiting, and would a request.
    const redis = await inTime(connected);
    if (!redis.isReady()) throw new Error('Redis is away');
    return inTime(redis.run(name, [set, `${set}:notes`], args));
  };
  connected.catch(() => undefined);
  /** The notes that this process has taken, and when it gives them up. */
  const taken = new Map<string, { readonly owner: string; readonly until: number }>();
  const renewal = setInterval(() => {
    for (const [key, { owner, until }] of taken) {
      if (Date.now() > until) taken.delete(key);
      else run('direct-renew', key, owner, LEASE_MS).catch(() => undefined);
    }
  }, LEASE_MS / 3).unref();
  return {
    issue: async (key, openMs) => void (await run('direct-issue', key, openMs)),
    created: async (key, imageId) => void (await run('direct-created', key, imageId)),
    begin: async (key, arrow) => {
      const owner = randomUUID();
      const to = arrow === 'store' ? 'storing' : 'sweeping';
      const state = (await run('direct-begin', key, owner, LEASE_MS, to)) as NoteState;
      if (state === 'ours') taken.set(key, { owner, until: Date.now() + LONGEST_MS });
      return state;
    },
    end: async (key, to) => {
      const own = taken.get(key);
      // What this process has not taken is not its to end.
      if (!own) return;
      taken.delete(key);
      await run('direct-end', key, own.owner, to);
    },
    claim: async () => {
      for (;;) {
        const claim = randomUUID();
        const [key, state, id] = (await run('direct-claim', claim, CLAIM_MS)) as string[];
        if (key === undefined) return undefined;
        // A note that is done is struck out, and there is nothing to do.
        if (key === '') continue;
        return { key, claim, state: state as ExpiredNote['state'], imageId: id || undefined };
      }
    },
    remove: ({ key, claim }) => run('direct-end', key, claim, 'struck'),
    release: ({ key, claim }) => run('direct-release', key, claim, releaseMs),
    close: () => clearInterval(renewal),
  };
}
