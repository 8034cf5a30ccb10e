import type { Queue, Worker } from 'bullmq';

/** Scripts in Redis, over the connection of a queue or a worker, whatever client of Redis that is. */
export interface RedisScripts<Name extends string> {
  /** Whether Redis responds now. Otherwise the client keeps commands until it is back. */
  isReady(): boolean;
  /** Runs a script. @throws Error of Redis */
  run(name: Name, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
}

/** What the clients of BullMQ 5 and 6 share. Early releases hand out ioredis itself, which has each script as a method. */
interface Client {
  readonly status: string;
  defineCommand(name: string, definition: { readonly numberOfKeys: number; readonly lua: string }): void;
  runCommand?(name: string, args: readonly (string | number)[]): Promise<unknown>;
}

const NOW = `local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * Defines scripts. Each takes two keys, and has `now`: the clock of Redis, in milliseconds.
 *
 * @throws Error if there is no connection, and there will be none
 */
export async function defineScripts<Name extends string>(
  owner: Queue | Worker,
  scripts: Readonly<Record<Name, string>>,
): Promise<RedisScripts<Name>> {
  const client = await clientOf(owner);
  for (const [name, lua] of Object.entries<string>(scripts)) {
    client.defineCommand(`imgwire-${name}`, { numberOfKeys: 2, lua: `${NOW}\n${lua}` });
  }
  return {
    isReady: () => client.status === 'ready',
    run: (name, keys, args) => {
      const [command, all] = [`imgwire-${name}`, [...keys, ...args]];
      if (client.runCommand) return client.runCommand(command, all);
      return (client as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[command]?.(
        ...all,
      ) as Promise<unknown>;
    },
  };
}

/** The client of a queue or a worker. BullMQ 6 keeps it behind a backend. */
export function clientOf(owner: object): Promise<Client> {
  const holder = 'getBackend' in owner ? (owner as { getBackend(): object }).getBackend() : owner;
  return (holder as { readonly client: Promise<Client> }).client;
}
