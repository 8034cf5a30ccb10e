import type { ServerResponse } from 'node:http';
import { assertAllowed } from '../base/assert-allowed.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import type { IncomingRequest } from '../base/incoming-request.ts';
import type { ResolvedRules } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import type { Connection } from '../store/connection.ts';
import { publish, startClock } from '../store/events.ts';
import { type ReceivedFile, storeFile } from '../store/store-file.ts';
import { discardOnError } from './discard-on-error.ts';
import type { FilePart } from './feed.ts';
import { fieldRules, requireFiles } from './field-rules.ts';
import { type FormFields, type IncomingForm, isForm, receiveForm } from './form.ts';
import { openRequest } from './request.ts';

/** A form whose files are all stored at Imgwire. */
export interface ReceivedForm {
  /** The text fields, before and after the files. */
  readonly fields: FormFields;
  /** In the order of the form. */
  readonly files: readonly ReceivedFile[];
}

/**
 * Receives a form and stores its files at Imgwire while they arrive. This is the sequence of a request, and how it is undone;
 * the sequence for one file is in store-file.ts.
 *
 * All or nothing: on any failure every upload of the request is cancelled, every record deleted, and the rest of
 * the body drained (within bounds), before the error is thrown.
 *
 * @param res the response: one that is sent first aborts the upload; also needed for `discardOnError`
 * @throws ImgwireUploadError any code; the errors of `authorize` and `metadata` unchanged
 */
export async function receive<Request extends IncomingRequest>(
  connection: Connection,
  req: Request,
  rules: ResolvedRules<Request>,
  res?: ServerResponse,
): Promise<ReceivedForm> {
  if (!isForm(req.headers)) throw new ImgwireUploadError('NOT_MULTIPART');
  const durationMs = startClock();
  const { authorize, metadata, limits } = rules;
  const owners = { closing: connection.lifetime.signal, res };
  const request = openRequest(req, rules, owners);
  const rulesOf = fieldRules(rules);
  const uploads: Promise<ReceivedFile>[] = [];
  const store = (part: FilePart, onAdmitted: () => void): Promise<ReceivedFile> => {
    const { fieldname, originalname, encoding, read, lengthIfLast: expectedLength } = part;
    return storeFile(
      connection,
      { fieldname, originalname, encoding, read, expectedLength, expectedBy: 'computed', onAdmitted },
      rulesOf(part),
      metadata && (async (info) => metadata(req, { ...info, fields: form.fields })),
      request.signal,
    );
  };
  let form: IncomingForm;
  try {
    if (authorize) assertAllowed(await untilAborted(request.signal, () => authorize(req)));
    form = receiveForm(request, limits, (part) => {
      let admitted = false;
      let admit = (): void => {
        admitted = true;
      };
      const upload = store(part, () => admit());
      // One failure fails the request, and with it the other uploads.
      upload.catch(request.fail);
      uploads.push(upload);
      if (admitted) return undefined;
      return new Promise((resolve) => {
        admit = resolve;
      });
    });
    const { fields } = form;
    await form.received;
    publish('imgwire:request:received', () => ({
      bytes: request.received(),
      files: uploads.length,
      fields: Object.keys(fields).length,
      durationMs: durationMs(),
    }));
    const files = await Promise.all(uploads);
    requireFiles(rules, files);
    // The `finish` event comes later than the end of the response.
    if (res?.writableEnded) throw new ImgwireUploadError('RESPONSE_ENDED');
    if (rules.discardOnError && res) discardOnError(res, files);
    return { fields, files };
  } catch (error) {
    request.fail(error);
    await Promise.all([discardAll(uploads), request.drain()]);
    // The first failure is the cause of the others.
    const reason: unknown = request.signal.reason;
    publish('imgwire:request:failed', () => ({
      error: reason,
      bytes: request.received(),
      durationMs: durationMs(),
    }));
    throw reason;
  } finally {
    request.release();
  }
}

/** Concurrent deletes: a form may be allowed hundreds of files. */
const DISCARDS = 16;

async function discardAll(uploads: readonly Promise<ReceivedFile>[]): Promise<void> {
  const settled = (await Promise.allSettled(uploads)).values();
  const discardNext = async (): Promise<void> => {
    for (const upload of settled) if (upload.status === 'fulfilled') await upload.value.discard();
  };
  await Promise.all(Array.from({ length: DISCARDS }, discardNext));
}
