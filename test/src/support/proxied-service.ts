import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { CERTIFICATE } from './certificate.ts';

/** A connection to a proxy. */
export interface ProxiedConnection {
  readonly socket: Socket;
  /** Requests that have begun on it. The service responds to one before the next begins. */
  requests: number;
}

/** What a proxy does when a request begins on a connection, in place of passing it on. */
export type OnRequest = (connection: ProxiedConnection) => void;

/** A proxy that passes bytes on, and watches its connections. */
export interface WatchedProxy {
  readonly url: string;
  /** All that were made, in their order. */
  readonly connections: ProxiedConnection[];
  /** Those that are open. */
  open(): readonly ProxiedConnection[];
  /** Closes those that are open, as a server does with idle ones, and waits until their clients have closed them too. */
  closeIdle(): Promise<void>;
  /** Makes no more connections, as a server that is being replaced. Those that are open stay. */
  refuse(): void;
  /** Called for each request. What it returns happens in place of the request; undefined passes it on. */
  strike: (connection: ProxiedConnection) => OnRequest | undefined;
}

/** The emulator, with its API and its object storage behind proxies of their own. */
export interface ProxiedService {
  readonly emulator: Emulator;
  readonly api: WatchedProxy;
  readonly storage: WatchedProxy;
  close(): Promise<void>;
}

/** @param isTls whether both are reached over TLS */
export async function startProxiedService(isTls: boolean = false): Promise<ProxiedService> {
  let target = 0;
  const servers = [0, 1].map(() => (isTls ? createTlsServer(CERTIFICATE) : createServer()));
  const [api, storage] = (await Promise.all(servers.map((server) => watch(server, isTls, () => target)))) as [
    WatchedProxy,
    WatchedProxy,
  ];
  const emulator = await startEmulator({ publicUrl: storage.url });
  target = Number(new URL(emulator.url).port);
  return {
    emulator,
    api,
    storage,
    close: async () => {
      for (const { socket } of [...api.open(), ...storage.open()]) socket.destroy();
      for (const server of servers) server.close();
      await emulator.close();
    },
  };
}

async function watch(server: Server, isTls: boolean, target: () => number): Promise<WatchedProxy> {
  const connections: ProxiedConnection[] = [];
  const open = (): readonly ProxiedConnection[] => connections.filter(({ socket }) => !socket.closed);
  server.on(isTls ? 'secureConnection' : 'connection', (socket: Socket) => {
    const connection: ProxiedConnection = { socket, requests: 0 };
    connections.push(connection);
    const upstream = connect(target(), '127.0.0.1');
    let isBetween = true;
    let isStruck = false;
    socket.on('data', (bytes) => {
      if (isBetween) {
        isBetween = false;
        connection.requests += 1;
        const strike = proxy.strike(connection);
        isStruck = strike !== undefined;
        strike?.(connection);
      }
      if (!isStruck) upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      isBetween = true;
      socket.write(bytes);
    });
    socket.on('error', () => undefined).once('close', () => upstream.destroy());
    upstream.on('error', () => undefined).once('close', () => socket.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const proxy: WatchedProxy = {
    url: `http${isTls ? 's' : ''}://${isTls ? 'localhost' : '127.0.0.1'}:${port}`,
    connections,
    open,
    closeIdle: async () => {
      await Promise.all(
        open().map(({ socket }) => new Promise((resolve) => void socket.once('close', resolve).end())),
      );
    },
    refuse: () => void server.close(),
    strike: () => undefined,
  };
  return proxy;
}

/** Ends a connection in the moment in which a request is on its way: a FIN. */
export const end: OnRequest = ({ socket }) => void socket.end();
/** The same, with a RST. */
export const reset: OnRequest = ({ socket }) => void socket.resetAndDestroy();
/** Takes a request, and says nothing. */
export const ignore: OnRequest = () => undefined;
