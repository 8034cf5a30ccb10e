import { once } from 'node:events';
import { type AddressInfo, createServer as createNetServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { ImgwireOptions } from '@imgwire/core';
import { Agent } from 'undici';
import { freePort } from './free-port.ts';
import { SDK, TRANSPORTS, type Transport } from './transports.ts';

/** Why no connection to the service can be made. */
export interface Outage extends Transport {
  readonly outage: string;
  /** Where the service should be. */
  url(): string | Promise<string>;
  /** Beside those of the transport. */
  readonly options?: ImgwireOptions;
}

/** Servers that listen, but with which no connection comes about. */
export interface DeafServers {
  /** Accepts, and never answers the TLS handshake. */
  readonly silent: Server;
  /** Has no certificate that anybody trusts. */
  readonly untrusted: Server;
  close(): void;
}

/** The port of a server that listens. */
export const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Starts them on free ports of the loopback interface. */
export async function startDeafServers(): Promise<DeafServers> {
  const silent = createNetServer((socket) => void socket.on('error', () => undefined).resume());
  const untrusted = createTlsServer({}).on('tlsClientError', () => undefined);
  for (const server of [silent, untrusted]) await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    silent,
    untrusted,
    close: () => {
      silent.close();
      untrusted.close();
    },
  };
}

/** As the system says it of a host that no router finds. */
const noRoute = new Agent({
  connect: (_options, done) => {
    const told = { code: 'EHOSTUNREACH', errno: -113, syscall: 'connect' };
    done(Object.assign(new Error('connect EHOSTUNREACH 192.0.2.1:443'), told), null);
  },
});

/** Every way in which no connection is made, over each transport that can tell it from a lost answer. */
export function outages(servers: () => DeafServers): readonly Outage[] {
  const ways: Readonly<Record<string, Pick<Outage, 'options' | 'url'>>> = {
    'its port refuses': { url: async () => `http://127.0.0.1:${await freePort()}` },
    'each address of its host refuses': { url: async () => `http://localhost:${await freePort()}` },
    'its name does not resolve': { url: () => 'http://imgwire.invalid' },
    // The system makes no TCP connection to many at once.
    'its network cannot be reached': { url: () => 'http://255.255.255.255' },
  };
  // What makes the SDK's connections is its own: it takes no connection of ours, and its timeout is Node's, minutes.
  const overRest: typeof ways = {
    'its host cannot be reached': { url: () => 'http://192.0.2.1', options: { dispatcher: noRoute } },
    'it lets no connection be made': {
      url: () => `https://127.0.0.1:${portOf(servers().silent)}`,
      options: { connectTimeoutMs: 100 },
    },
    'a call has less time than a connection': {
      url: () => `https://127.0.0.1:${portOf(servers().silent)}`,
      options: { requestTimeoutMs: 100, connectTimeoutMs: 1_000 },
    },
    'nobody trusts it': { url: () => `https://127.0.0.1:${portOf(servers().untrusted)}` },
  };
  return TRANSPORTS.flatMap((transport) =>
    Object.entries({ ...ways, ...(transport === SDK ? {} : overRest) }).map(([outage, way]) => ({
      ...transport,
      outage,
      ...way,
    })),
  );
}
