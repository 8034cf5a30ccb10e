import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ArmOptions } from '../arms.ts';
import { listen } from './listen.ts';

const agent = new Agent({ keepAlive: true });

/** No parser and no record: what two sockets and one process can do at most. */
export function start({ baseUrl }: ArmOptions): Promise<Server> {
  const server = createServer((req, res) => {
    const headers = { 'content-length': req.headers['content-length'] };
    const put = request(`${baseUrl}/uploads/form`, { method: 'PUT', agent, headers });
    put.once('response', (stored: IncomingMessage) => {
      stored.resume();
      stored.once('end', () => res.writeHead(stored.statusCode ?? 500).end());
    });
    pipeline(req, put).catch(() => res.destroy());
  });
  return listen(server);
}
