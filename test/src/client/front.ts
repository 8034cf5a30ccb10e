import { json, type RequestHandler, type Response } from 'express';

/** What a client posts to a direct route: one of these. */
export interface Posted {
  readonly files?: readonly { name: string; type: string; size: number; field?: string; head: string }[];
  readonly fields?: Readonly<Record<string, string>>;
  readonly completed?: readonly string[];
  readonly cancelled?: readonly string[];
}

/** Stands before a direct route, as a proxy does: it puts down what the client posts, and can hold it or respond itself. */
export interface Front {
  readonly handlers: RequestHandler[];
  readonly posted: Posted[];
  /** Sees a request before the route does: true if it has responded. */
  instead: ((posted: Posted, res: Response) => boolean | Promise<boolean>) | undefined;
  /** The kinds of what was posted, in order. */
  kinds(): string[];
  reset(): void;
}

/** A front that lets everything through. */
export function openFront(): Front {
  const posted: Posted[] = [];
  const front: Front = {
    handlers: [
      json({ limit: '1mb' }),
      async (req, res, next) => {
        posted.push(req.body);
        if (!(await front.instead?.(req.body, res))) next();
      },
    ],
    posted,
    instead: undefined,
    kinds: () => posted.map((each) => Object.keys(each)[0] ?? ''),
    reset: () => {
      posted.length = 0;
      front.instead = undefined;
    },
  };
  return front;
}

/** Responds as a completion whose image is not ready, as the route does after eight seconds. */
export function respondPending(res: Response, status: 'PENDING' | 'PROCESSING', retryAfter: number): true {
  res.status(202).json({ results: [{ pending: true, status, retryAfter }] });
  return true;
}
