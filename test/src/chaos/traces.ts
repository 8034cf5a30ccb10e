import { readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Memory that is in use once the garbage is collected, bytes: objects, and the buffers outside of the heap. */
export async function memoryInUse(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (;;) {
    // What a closed socket or file held is let go of in later turns: one collection does not find all of it.
    await new Promise(setImmediate);
    collect();
    const { heapUsed, external } = process.memoryUsage();
    const used = heapUsed + external;
    if (used > least * 0.99) return Math.min(used, least);
    least = used;
  }
}

/** What keeps this process alive, and its sockets, by kind; Linux only, where /proc tells. */
export function resources(): readonly string[] {
  const sockets = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:') ? ['socket'] : [];
    } catch {
      // The descriptor of the listing itself is closed by now.
      return [];
    }
  });
  const active = process.getActiveResourcesInfo();
  return [...active.filter((name) => !/^(Immediate|FSReq)/.test(name)), ...sockets];
}

/** What there is now and was not before, in words. */
export function resourcesSince(before: readonly string[]): string[] {
  const rest = [...before];
  const more = resources().filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
  return more.map((name) => `left open: ${name}`);
}

/** Waits until `found` answers nothing any more. Answers what is left of it after `timeoutMs`. */
export async function settled(
  found: () => string[] | Promise<string[]>,
  timeoutMs: number,
): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const left = await found();
    if (left.length === 0 || performance.now() > deadline) return left;
    await sleep(20);
  }
}

/** What a process is told of when nobody handles it. */
const ALARMS = ['unhandledRejection', 'uncaughtException', 'warning'] as const;

/** Listens for what nobody handles. */
export function listenForAlarms(): { readonly heard: string[]; end(): void } {
  const heard: string[] = [];
  const listeners = ALARMS.map((event) => {
    const listener = (reason: unknown): void =>
      void heard.push(`${event}: ${reason instanceof Error ? reason.stack : String(reason)}`);
    process.on(event as 'warning', listener);
    return [event, listener] as const;
  });
  return {
    heard,
    end: () => {
      for (const [event, listener] of listeners) process.off(event, listener);
    },
  };
}
