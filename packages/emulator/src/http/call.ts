import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { AppliedFault } from '../faults.ts';
import type { EmulatorRequest } from '../request-log.ts';
import type { Service } from '../service.ts';

/** One request in the emulator. */
export interface Call {
  readonly service: Service;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly log: EmulatorRequest;
  /** Path as sent, and its query. */
  readonly url: URL;
  readonly query: URLSearchParams;
  /** Values of the `{names}` in the path of the route. */
  readonly params: Readonly<Record<string, string>>;
  /** The fault that applies to this request, if any. */
  readonly fault: AppliedFault | undefined;
  /** The kind of key it was sent with. Undefined on routes without a key. */
  key: 'server' | 'client' | undefined;
  /** The parsed and validated JSON body, on routes that declare one. */
  body: unknown;
}

/** The value of a `{name}` in the path. */
export function param(call: Call, name: string): string {
  const value = call.params[name];
  if (value === undefined) throw new Error(`The path of this route has no {${name}}.`);
  return value;
}

/** Waits. Rejects at once if the connection closes meanwhile. */
export async function pause(call: Call, ms: number): Promise<void> {
  const { socket } = call.request;
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  socket.once('close', stop);
  try {
    await delay(ms, undefined, { signal: gone.signal });
  } finally {
    socket.off('close', stop);
  }
}

/** Rejects when the connection closes, and never settles before. */
export async function untilClosed(call: Call): Promise<never> {
  const { socket } = call.request;
  if (!socket.destroyed) await once(socket, 'close');
  throw new Error('The connection is closed.');
}

/** Resolves when the fault is removed; rejects when the connection closes. */
export async function untilRemoved(call: Call, { removed }: AppliedFault): Promise<void> {
  if (!removed.aborted) await Promise.race([once(removed, 'abort'), untilClosed(call)]);
}
