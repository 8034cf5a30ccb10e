import { once } from 'node:events';
import type { Server } from 'node:http';
import { servePlainly } from './plain-http.ts';

/** Reads requests and discards them: what a connection alone takes. */
export function start(): Promise<Server> {
  return servePlainly(
    (req) => once(req.resume(), 'end'),
    () => [],
  );
}
