import superagent from 'superagent';
import supertest from 'supertest';
import type { Part } from '../../support/client.ts';
import { type Received, type Send, typeOf } from './send.ts';

/** What both have of a request. */
export interface Request extends PromiseLike<{ readonly status: number; readonly text: string }> {
  field(name: string, value: string): unknown;
  attach(name: string, bytes: Buffer, options: { filename: string; contentType: string }): unknown;
  ok(isOk: () => boolean): unknown;
}

async function send(request: Request, parts: readonly Part[]): Promise<Received> {
  for (const part of parts) {
    if ('value' in part) request.field(part.name, part.value);
    else
      request.attach(part.name, Buffer.from(part.bytes), {
        filename: part.fileName,
        contentType: typeOf(part),
      });
  }
  request.ok(() => true);
  const { status, text } = await request;
  return { status, text };
}

export const ofSuperagent: Send = (url, parts) => send(superagent.post(url), parts);

export const ofSupertest: Send = (url, parts) => {
  const { origin, pathname } = new URL(url);
  return send(supertest(origin).post(pathname), parts);
};
