import type { RequestListener, Server } from 'node:http';
import { createServer, type ServerHttp2Session } from 'node:http2';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { nestTarget } from '../nest/nest-targets.ts';
import { coreTarget, TARGETS, type Target } from '../support/targets.ts';

/** HTTP/2 without TLS, in the shape of a server of HTTP/1.1. */
export function http2Server(listener: RequestListener): Server {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(listener as never);
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  // Some clients keep their connection for the next request.
  const closeAllConnections = (): void => {
    for (const session of sessions) session.close();
  };
  return Object.assign(server, { closeAllConnections }) as unknown as Server;
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
