import { createServer } from 'node:http';
import { connect } from 'node:net';
import { listen } from '../support/listen.ts';

/** A forward proxy that tunnels, as those of companies do. */
export interface ConnectProxy {
  readonly url: string;
  /** What it was asked to connect to, in order. */
  readonly tunnels: string[];
  close(): void;
}

/**
 * Starts a proxy on the loopback.
 *
 * @param hosts the port of each host that it knows (`host:port`); it refuses any other
 */
export async function startProxy(hosts: Readonly<Record<string, number>>): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const server = createServer((_req, res) => res.writeHead(501).end());
  server.on('connect', ({ url = '' }, client, head) => {
    tunnels.push(url);
    const port = hosts[url];
    if (port === undefined) {
      client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client);
      client.pipe(upstream);
    });
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  const url = await listen(server);
  return {
    url,
    tunnels,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
