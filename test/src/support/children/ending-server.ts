// A server in its own process that takes one whole form and the beginning of another. Then its client goes, and it stops listening,
// without closing Imgwire's instance. When the process ends it says how many of its connections to Imgwire are open.
import { subscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createImgwire } from '@imgwire/core';
import { listen } from '../listen.ts';

const sockets: Socket[] = [];
subscribe('net.client.socket', (message) => {
  sockets.push((message as { socket: Socket }).socket);
});

// A host has an IPv6 address first, as in a network without IPv6.
const { lookup } = dns;
const addresses = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];
Object.assign(dns, {
  lookup: (host: string, options: dns.LookupOptions, callback: (...outcome: unknown[]) => void): void => {
    if (options.all) process.nextTick(callback, null, addresses);
    else Reflect.apply(lookup, dns, [host, options, callback]);
  },
});

const imgwire = createImgwire(JSON.parse(process.argv[2] ?? '{}'));
const receive = imgwire.receiver();
const handle = async (req: IncomingMessage): Promise<void> => {
  await receive(req);
};
const server = createServer((req, res) => {
  handle(req).then(
    () => res.end(),
    () => {
      server.close();
      server.closeAllConnections();
    },
  );
});
process.once('exit', () => {
  // Its output is a pipe, and written at once.
  process.stdout.write(`${sockets.filter(({ destroyed }) => !destroyed).length} open\n`);
});
const url = await listen(server);
process.stdout.write(`${url}\n`);
