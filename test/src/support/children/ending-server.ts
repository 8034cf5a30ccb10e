// A server in its own process that takes one whole form and the beginning of another. Then its client goes, and it stops listening,
// without closing Imgwire's instance. When the process ends it says how many of its connections to Imgwire are open.
import { subscribe } from 'node:diagnostics_channel';
import { createServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createImgwire } from '@imgwire/core';
import { listen } from '../listen.ts';

const sockets: Socket[] = [];
subscribe('net.client.socket', (message) => {
  sockets.push((message as { socket: Socket }).socket);
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
