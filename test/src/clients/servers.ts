import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http2';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { nestTarget } from '../nest/nest-targets.ts';
import { coreTarget, TARGETS, type Target } from '../support/targets.ts';

/** HTTP/2 without TLS, in the shape of a server of HTTP/1.1. Its connections end with their clients. */
export function http2Server(listener: RequestListener): Server {
  const server = createServer(listener as never);
  return Object.assign(server, { closeAllConnections: () => undefined }) as unknown as Server;
}

/** What the clients send to. Express takes no HTTP/2. */
export const SERVERS: ReadonlyArray<Target & { readonly http2: boolean }> = [
  ...TARGETS.filter(({ name }) => name !== 'core').map((target) => ({ ...target, http2: false })),
  { ...coreTarget('core over HTTP/2', http2Server), http2: true },
  {
    ...nestTarget('Fastify', () => new FastifyAdapter({ serverFactory: http2Server as never })),
    name: 'Nest on Fastify over HTTP/2',
    http2: true,
  },
];
