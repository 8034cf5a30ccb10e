import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { ReceivedForm } from '@imgwire/express';
import { listen } from './listen.ts';

/** The images of a form, as Express's `req.images` has them. */
export const imagesOf = ({ files }: ReceivedForm): readonly object[] => files.map(({ image }) => image);

/**
 * A server without a framework. Of its own it makes one promise for each request: what is counted should be the upload's.
 *
 * @param upload stores the files of a request
 * @param imagesOf what to answer with
 */
export function servePlainly<Stored>(
  upload: (req: IncomingMessage, res: ServerResponse) => Promise<Stored>,
  imagesOf: (stored: Stored) => readonly object[],
): Promise<Server> {
  return listen(
    createServer((req, res) => {
      upload(req, res).then(
        (stored) => {
          const body = JSON.stringify(imagesOf(stored));
          const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
          res.writeHead(200, headers).end(body);
        },
        (error: unknown) => {
          if (!res.headersSent) res.writeHead(500).end(String(error));
        },
      );
    }),
  );
}
