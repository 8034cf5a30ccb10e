import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Service } from '../service.ts';
import { domainError } from './errors.ts';
import { handleRequest } from './handle-request.ts';
import type { Router } from './router.ts';

/** A listening server. */
export interface Listening {
  readonly url: string;
  connections(): number;
  /** Aborts requests in flight, and waits until they have ended. Idle connections stay, and so does that of the caller. */
  endRequests(caller?: Socket): Promise<void>;
  /** Lets the process end although the server listens. */
  unref(): void;
  /** Closes every connection and stops listening. */
  close(): Promise<void>;
}

/** A watermark text of 2,048 characters of three bytes each is 18 KiB in the query. */
const MAX_HEADER_KIB = 32;

/** Starts the HTTP server. Rejects if the address is in use. */
export async function listen(service: Service, router: Router): Promise<Listening> {
  const { options, changes } = service;
  const sockets = new Set<Socket>();
  const underWay = new Map<Promise<void>, Socket>();

  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const handled = handleRequest(service, router, request, response).finally(() => underWay.delete(handled));
    underWay.set(handled, request.socket);
  };
  const limits = { maxHeaderSize: MAX_HEADER_KIB * 1024, requestTimeout: 0, keepAliveTimeout: 60_000 };
  const server = createServer(limits, onRequest);
  // Without a listener Node sends the 100 before anyone has looked at the headers.
  server.on('checkContinue', onRequest);
  server.on('clientError', rejectMalformed);
  server.on('connection', (socket) => {
    sockets.add(socket);
    changes.notify();
    socket.once('close', () => {
      sockets.delete(socket);
      changes.notify();
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  // Only one connection is lost, which the system could not open: for instance because too many files are open.
  server.on('error', () => undefined);

  async function endRequests(caller?: Socket): Promise<void> {
    const others = [...underWay].filter(([, socket]) => socket !== caller);
    for (const [, socket] of others) socket.destroy();
    await Promise.all(others.map(([handled]) => handled));
  }

  async function close(): Promise<void> {
    const closed = [server, ...sockets].map((each) => new Promise((resolve) => each.once('close', resolve)));
    server.close();
    for (const socket of sockets) socket.destroy();
    await Promise.all(underWay.keys());
    await Promise.all(closed);
  }

  return {
    url: urlOf(server.address() as AddressInfo),
    connections: () => sockets.size,
    endRequests,
    unref: () => void server.unref(),
    close,
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

/**
 * A request that the HTTP parser rejects gets the service's error shape too, and the connection is closed, since it is
 * unknown where the next request begins.
 */
function rejectMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const tooLarge = error.code === 'HPE_HEADER_OVERFLOW';
  const status = tooLarge ? 431 : 400;
  const detail = tooLarge
    ? `The headers may have ${MAX_HEADER_KIB} KiB at most.`
    : 'This is not a well-formed HTTP/1.1 request.';
  const { body } = domainError(status, 'RequestError', detail).response;
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(String(body))}`,
      'Connection: close',
      '',
      String(body),
    ].join('\r\n'),
  );
}
