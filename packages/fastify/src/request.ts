import type { IncomingHttpHeaders } from 'node:http';

/** What a hook needs of a request; that of every server and type provider fits, over HTTP/2 too. */
export interface AnyRequest {
  readonly method: string;
  readonly raw: { readonly headers: IncomingHttpHeaders };
  body: unknown;
}

/** What a hook needs of a reply, likewise. */
export interface AnyReply {
  readonly sent: boolean;
  readonly raw: { readonly headersSent: boolean; readonly writableEnded: boolean };
}

/** A hook for `preHandler` or `preValidation` of a route. */
export type UploadHook = (request: AnyRequest, reply: AnyReply) => Promise<void>;
