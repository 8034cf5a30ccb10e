import type { ServerResponse } from 'node:http';
import { ImgwireError } from '../errors.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import { assertAllowed } from '../rules/authorize.ts';
import type { ResolvedRules } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import type { Context } from '../upload/context.ts';
import { publish, startClock } from '../upload/events.ts';
import { type IncomingFile, type ReceivedFile, storeFile } from '../upload/store-file.ts';
import { fileTooLarge } from '../upload/stream-source.ts';
import type { BodyReader } from './body-reader.ts';
import { keepFiles } from './keep-files.ts';
import { openBody } from './open-body.ts';
import { fileNameOf } from './part-headers.ts';
import type { ReceivedForm } from './receive.ts';
import { rollBack } from './roll-back.ts';

/**
 * Receives a body that is one image, and stores it at Imgwire while it arrives. Its length is that of the request. The rest is as
 * in receive.ts, and so is the rollback.
 *
 * @param res the response: one that is sent first aborts the upload; also needed for `discardOnError`
 * @throws ImgwireError any code; the errors of `authorize` and `metadata` unchanged
 */
export async function receiveBody<Request extends IncomingRequest>(
  context: Context,
  req: Request,
  rules: ResolvedRules<Request>,
  res?: ServerResponse,
): Promise<ReceivedForm> {
  const durationMs = startClock();
  const { authorize, metadata, scan } = rules;
  const request = openBody(context, req, rules, res, 'body');
  const { signal } = request;
  const uploads: Promise<ReceivedFile>[] = [];
  try {
    if ((request.contentLength ?? 0) > rules.fileSize) throw fileTooLarge(rules.fileSize);
    if (authorize) assertAllowed(await untilAborted(signal, () => authorize(req)));
    context.http.expectUpload(context.service.origin, context.seen.storageOrigin);
    const file = await fileOf(request);
    const upload = storeFile(context, {
      ...{ file, rules, signal },
      metadata: metadata && (async (info) => metadata(req, { ...info, fields: {} })),
      scan: scan && ((bytes, info) => scan(bytes, { ...info, fields: {} })),
    });
    uploads.push(upload);
    const files = [await upload];
    const bytes = request.received();
    publish('imgwire:request:received', () => ({ bytes, files: 1, fields: 0, durationMs: durationMs() }));
    keepFiles(rules, files, res);
    return { fields: {}, files, rejected: [] };
  } catch (error) {
    throw await rollBack(context, request, uploads, error, durationMs);
  } finally {
    request.release();
  }
}

/**
 * Returns the body as a file, once its first bytes are here: most small ones are then here as a whole.
 *
 * @throws ImgwireError `LENGTH_MISMATCH`; the request's reason to abort
 */
async function fileOf({ headers, contentLength, read }: BodyReader): Promise<IncomingFile> {
  let first = await read();
  const isWhole = first !== undefined && first.length === contentLength;
  // Only with its end it is certain that nothing follows.
  if (isWhole && (await read())) throw new ImgwireError('LENGTH_MISMATCH');
  /** Each byte is handed on once: the file must not retain its first chunk. */
  const take = (): Buffer | undefined => {
    const chunk = first;
    first = undefined;
    return chunk;
  };
  return {
    fieldname: '',
    originalname: fileNameOf(headers['content-disposition']),
    encoding: '7bit',
    read: () => (first ? Promise.resolve(take()) : read()),
    takeWhole: (limit) => (isWhole && first && first.length <= limit ? take() : undefined),
    expectedLength: contentLength,
    expectedBy: 'declared',
    likelihood: 'very likely',
  };
}
