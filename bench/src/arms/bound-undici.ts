import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent } from 'undici';
import type { ArmOptions } from '../arms.ts';
import { listen } from './listen.ts';

/** The two calls that an upload needs, through the client that ours uses, and nothing else. */
export function start({ baseUrl, apiKey }: ArmOptions): Promise<Server> {
  const agent = new Agent();
  const upload = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const created = await agent.request({
      ...{ origin: baseUrl, path: '/api/v1/images/standard_upload', method: 'POST' },
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: '{"file_name":"form"}',
    });
    const { upload_url: url } = (await created.body.json()) as { upload_url: string };
    const { origin, pathname, search } = new URL(url);
    const headers = { 'content-length': req.headers['content-length'] };
    const stored = await agent.request({
      ...{ origin, path: pathname + search, method: 'PUT' },
      ...{ headers, body: req },
    });
    await stored.body.dump();
    res.writeHead(stored.statusCode).end();
  };
  return listen(createServer((req, res) => void upload(req, res).catch(() => res.destroy())));
}
