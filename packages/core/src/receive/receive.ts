import type { ServerResponse } from 'node:http';
import type { Cancellation } from '../cancellation.ts';
import { type ImgwireError, isImgwireError } from '../errors.ts';
import type { IncomingRequest } from '../incoming-request.ts';
import { reportFault } from '../logger.ts';
import { assertAllowed } from '../rules/authorize.ts';
import type { FileInfo, ResolvedRules } from '../rules/rules.ts';
import { untilAborted } from '../service/deadline.ts';
import type { Context } from '../upload/context.ts';
import { publish, startClock } from '../upload/events.ts';
import { type FileUpload, type IncomingFile, type ReceivedFile, storeFile } from '../upload/store-file.ts';
import type { BodyReader } from './body-reader.ts';
import { checkFields } from './check-fields.ts';
import { fieldRules, requireFiles } from './field-rules.ts';
import type { FormFields, FormOutput } from './fields.ts';
import { Form } from './form.ts';
import { keepFiles } from './keep-files.ts';
import type { LengthHistory } from './length-history.ts';
import { openBody } from './open-body.ts';
import { rollBack } from './roll-back.ts';
import { storeOrSkip } from './store-or-skip.ts';

/** A form whose files are all stored at Imgwire, or a body that is one. */
export interface ReceivedForm<Fields = FormFields> {
  /** The text fields, before and after the files; with the rule `form`, what its schema makes of them; none beside a body. */
  readonly fields: Fields;
  /** The files, in the order of the form. */
  readonly files: readonly ReceivedFile[];
  /** Why files were rejected, with `onFileError: 'skip'`: each error has the `field` and `fileName` of its file. Else there are none. */
  readonly rejected: readonly ImgwireError[];
}

/**
 * Receives a form, and stores its files at Imgwire while they arrive. This is the sequence of a request, and of its rollback. The
 * sequence of one file is in store-file.ts.
 *
 * All or nothing: on any failure we cancel every upload of the request and delete every record. We drain the rest of the body,
 * within bounds, before we throw the error. With `onFileError: 'skip'` what is wrong with one file is no failure.
 *
 * @param history what earlier forms of the route have shown
 * @param res the response: one that is sent first aborts the upload; also needed for `discardOnError`
 * @throws ImgwireError any code; the errors of `authorize`, `form` and `metadata` unchanged
 */
export async function receive<Request extends IncomingRequest, Fields>(
  context: Context,
  req: Request,
  rules: ResolvedRules<Request, Fields>,
  history: LengthHistory,
  res?: ServerResponse,
): Promise<ReceivedForm<FormOutput<Fields>>> {
  const durationMs = startClock();
  const { authorize, form: schema } = rules;
  const request = openBody(context, req, rules, res, 'form');
  const uploads: Promise<ReceivedFile | ImgwireError>[] = [];
  try {
    if (authorize) assertAllowed(await untilAborted(request.signal, () => authorize(req)));
    context.http.expectUpload(context.service.origin, context.seen.storageOrigin);
    const form = new Form(request, rules.limits, history);
    const store = fileStorer(context, req, rules, form.fields, request.signal);
    const check = schema && checkFields(schema, form, request.signal);
    let previous: Turn | undefined;
    for (let part = await form.next(); part; part = await form.next()) {
      const file = form.fileOf(part);
      if (file) {
        if (check) await check.beforeFile();
        const turn = new Turn();
        uploads.push(store(file, turn.end));
        // One file of a form waits for its slot at a time, while the next one arrives. So no form can fill the queue.
        if (previous && !previous.hasEnded) await previous.untilEnded();
        previous = turn;
      }
      // Most texts have arrived with their headers.
      const arriving = file ? undefined : form.addText(part);
      if (arriving) await arriving;
    }
    publishReceived(request, form, uploads.length, durationMs);
    const outcomes: (ReceivedFile | ImgwireError)[] = [];
    for (const upload of uploads) outcomes.push(await upload);
    const { files, rejected } = sorted(outcomes);
    for (const error of rejected) reportRejected(context, error);
    requireFiles(rules, files, rejected);
    const fields = (check ? await check.atEnd() : form.fields) as FormOutput<Fields>;
    if (rejected.length === 0) form.teach();
    keepFiles(rules, files, res);
    return { fields, files, rejected };
  } catch (error) {
    throw await rollBack(context, request, uploads, error, durationMs);
  } finally {
    request.release();
  }
}

/** Tells stored files from why others were rejected, each in the order of the form. */
function sorted(
  outcomes: readonly (ReceivedFile | ImgwireError)[],
): Pick<ReceivedForm, 'files' | 'rejected'> {
  const files: ReceivedFile[] = [];
  const rejected: ImgwireError[] = [];
  for (const outcome of outcomes) {
    if (isImgwireError(outcome)) rejected.push(outcome);
    else files.push(outcome);
  }
  return { files, rejected };
}

/** No error handler gets the error of a rejected file, and a scan without a verdict is a fault of the developer. */
function reportRejected({ failed }: Context, error: ImgwireError): void {
  failed(error);
  reportFault(error);
}

function publishReceived(
  request: BodyReader,
  { fields }: Form,
  files: number,
  durationMs: () => number,
): void {
  publish('imgwire:request:received', () => ({
    bytes: request.received(),
    files,
    fields: Object.keys(fields).length,
    durationMs: durationMs(),
  }));
}

/** Returns a function that stores a file of the form, by the rules of its field. Its failure aborts the request. */
function fileStorer<Request extends IncomingRequest>(
  context: Context,
  req: Request,
  rules: ResolvedRules<Request>,
  fields: FormFields,
  signal: Cancellation,
): (file: IncomingFile, onSlot: () => void) => Promise<ReceivedFile | ImgwireError> {
  const { metadata, scan } = rules;
  const rulesOf = fieldRules(rules);
  const metadataOf =
    metadata && (async (info: Omit<FileInfo, 'fields'>) => metadata(req, { ...info, fields }));
  const scanOf: FileUpload['scan'] = scan && ((bytes, info) => scan(bytes, { ...info, fields }));
  return (file, onSlot) => {
    const how = { rules: rulesOf(file), metadata: metadataOf, scan: scanOf, signal, onSlot };
    const store = (each: IncomingFile): Promise<ReceivedFile> => storeFile(context, { file: each, ...how });
    const upload = rules.onFileError === 'skip' ? storeOrSkip(file, store) : store(file);
    upload.catch(signal.abort);
    return upload;
  };
}

/** The turn of one file of a form, for which the next file waits. A class, since every file has one. */
class Turn {
  hasEnded: boolean = false;
  #onEnd: (() => void) | undefined;

  readonly end = (): void => {
    this.hasEnded = true;
    this.#onEnd?.();
  };

  /** Resolves when it ends. One call. */
  untilEnded(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = resolve;
    });
  }
}
