import { OpenUploads } from './open-uploads.ts';
import { RESPONSE_MS, type Work } from './work.ts';

/** What outlives a request: what a process remembers of its uploads, and the work that goes on after a response. */
export interface Lifetime {
  /** Opens the memory of the uploads that are begun here, see {@link OpenUploads}. */
  openUploads(
    most: number,
    onTimeUp: (imageId: string) => void,
  ): Pick<OpenUploads, 'assertRoom' | 'add' | 'remove'>;
  /** Joins the work that runs under this id, or starts it. */
  join(id: string, start: () => Work): Work;
  /** Waits for an image, for so many milliseconds. */
  wait<T>(until: (ms: number) => Promise<T>): Promise<T>;
}

/** How long we go on waiting after the response, for a browser that has left its page, in milliseconds. */
const READY_MS = 60_000;
/** Most waits at once. Beyond them a completion looks once, and the browser asks again. */
const MAX_WAITS = 64;

/** The lifetime of a process: each completion runs once at a time in it. */
export function ofProcess(): Lifetime {
  const running = new Map<string, Work>();
  let waits = 0;
  return {
    openUploads: (most, onTimeUp) => new OpenUploads(most, onTimeUp),
    join: (id, start) => {
      const known = running.get(id);
      if (known) return known;
      const work = start();
      running.set(id, work);
      work.outcome.finally(() => running.delete(id)).catch(() => undefined);
      return work;
    },
    wait: async (until) => {
      const ms = waits < MAX_WAITS ? READY_MS : 0;
      waits += 1;
      try {
        return await until(ms);
      } finally {
        waits -= 1;
      }
    },
  };
}

/**
 * The lifetime of a request, at the edge: the platform may end all that it has begun with its response. So no request waits for the
 * work of another, none counts what another began, and no timer is left.
 */
export const OF_REQUEST: Lifetime = {
  openUploads: () => ({ assertRoom: () => undefined, add: () => undefined, remove: () => undefined }),
  join: (_, start) => start(),
  wait: (until) => until(RESPONSE_MS),
};
