import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Part } from '../support/client.ts';
import { listen } from '../support/listen.ts';
import type { Send } from './drivers/send.ts';
import { http2Server } from './servers.ts';

/** What a client sends, seen by a server that does nothing but listen. */
export async function observe(
  send: Send,
  parts: readonly Part[],
  http2 = false,
): Promise<{ readonly body: string; readonly end: string }> {
  const seen = { body: '', end: '' };
  const listener = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const body = await buffer(req);
    seen.body = req.headers['content-length'] === undefined ? 'chunked' : 'Content-Length';
    seen.end = body.subarray(body.lastIndexOf('--') + 2).toString();
    res.end('{}');
  };
  const server = (http2 ? http2Server : createServer)((req, res) => void listener(req, res));
  await send(await listen(server), parts);
  server.closeAllConnections();
  server.close();
  return seen;
}
