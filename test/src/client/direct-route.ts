import { randomUUID } from 'node:crypto';
import { type Imgwire, isImgwireError } from '@imgwire/express';
import { json, type RequestHandler, type Response } from 'express';

/** What a client posts to a direct route: one of these. */
interface Posted {
  readonly files?: readonly { name: string; type: string; size: number; field?: string; head: string }[];
  readonly fields?: Readonly<Record<string, string>>;
  readonly completed?: readonly string[];
  readonly cancelled?: readonly string[];
}

/** A direct route that speaks the wire and nothing else: what it gets is put down, and a test can have it respond otherwise. */
export interface DirectRoute {
  readonly handler: RequestHandler[];
  readonly posted: Posted[];
  /** Takes the next response in its hands: true if it has responded. */
  instead: ((posted: Posted, res: Response) => boolean | Promise<boolean>) | undefined;
  /** How long a ticket lives. */
  ttlMs: number;
  /** How long a completion waits for READY. */
  waitMs: number;
}

const problem = (status: number, code: string, detail: string): object => ({
  title: code,
  status,
  code,
  detail,
});

/** Creates records, waits until they are READY, and deletes those that are PENDING. */
export function directRoute(imgwire: Imgwire): DirectRoute {
  const images = new Map<string, string>();
  const route: DirectRoute = {
    handler: [json({ limit: '1mb' })],
    posted: [],
    instead: undefined,
    ttlMs: 60_000,
    waitMs: 5_000,
  };

  const create = async (files: NonNullable<Posted['files']>, res: Response): Promise<void> => {
    const wrong = files.find(({ type }) => !type.startsWith('image/'));
    if (wrong) {
      res.status(415).type('application/problem+json');
      res.send(problem(415, 'UNSUPPORTED_IMAGE_TYPE', `${wrong.name} is not an image.`));
      return;
    }
    const uploads: object[] = [];
    for (const { name, type, size } of files) {
      const { image, uploadUrl } = await imgwire.createDirectUpload({
        fileName: name,
        mimeType: type as 'image/jpeg',
        contentLength: size,
      });
      const ticket = `1.${randomUUID()}`;
      images.set(ticket, image.id);
      const expiresAt = new Date(Date.now() + route.ttlMs).toISOString();
      uploads.push({ imageId: image.id, uploadUrl, headers: { 'Content-Type': type }, ticket, expiresAt });
    }
    res.json({ uploads });
  };

  const complete = async (ticket: string, res: Response): Promise<void> => {
    try {
      const image = await imgwire.waitUntilReady(images.get(ticket) ?? '', { timeoutMs: route.waitMs });
      res.json({ results: [{ image, data: { row: image.original_filename } }] });
    } catch (error) {
      if (!isImgwireError(error)) throw error;
      if (error.code === 'IMAGE_NOT_READY') {
        res.status(202).json({ results: [{ pending: true, retryAfter: 0.05 }] });
        return;
      }
      const { status, code, message } = error;
      const results = [{ error: { status, code, detail: message } }];
      res
        .status(status)
        .type('application/problem+json')
        .send({ ...problem(status, code, message), results });
    }
  };

  const cancel = async (tickets: readonly string[], res: Response): Promise<void> => {
    for (const id of tickets.map((ticket) => images.get(ticket) ?? '')) {
      const { status } = await imgwire.retrieve(id);
      if (status === 'PENDING') await imgwire.delete(id);
    }
    res.status(204).end();
  };

  route.handler.push(async (req, res) => {
    const posted: Posted = req.body;
    route.posted.push(posted);
    if (await route.instead?.(posted, res)) return;
    if (posted.files) await create(posted.files, res);
    else if (posted.completed) await complete(posted.completed[0] ?? '', res);
    else await cancel(posted.cancelled ?? [], res);
  });
  return route;
}
