import { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable, Writable } from 'node:stream';
import multer from 'multer';
import { ImgwireUploadError, toUploadError } from '../base/errors.ts';
import type { Limits } from '../rules/rules.ts';
import type { MulterFile } from '../store/multer-storage.ts';
import { boundaryOf } from './boundary.ts';
import { type FilePart, formFeed } from './feed.ts';
import type { OpenRequest } from './request.ts';
import { readTextParts } from './text-part.ts';

/** Text fields, nested as multer parses their names (`a[b][]=c`). No prototype: a field can have any name. */
export type FormFields = Record<string, unknown>;

/** The parts of a request needed to receive its form. */
export type FormSource = Pick<OpenRequest, 'headers' | 'contentLength' | 'signal' | 'fail' | 'feed'>;

/** A form that is being received. */
export interface IncomingForm {
  /** Filled while the form arrives. */
  readonly fields: FormFields;
  /** Resolves when the whole form has been received. */
  readonly received: Promise<void>;
}

/** Whether the request declares its body as multipart/form-data. */
export function isForm(headers: IncomingHttpHeaders): boolean {
  return /^[\t\n\r ]*multipart\/form-data[\t\n\r ]*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Parses a form with multer, and hands each file on as soon as its part begins.
 *
 * @param onFile its promise, if any, resolves when the form may continue: until then the request is paused
 * @throws ImgwireUploadError `MALFORMED_MULTIPART`, multer's own codes, the request's reason to abort
 */
export function receiveForm(
  request: FormSource,
  limits: FormLimits,
  onFile: (part: FilePart) => Promise<void> | undefined,
): IncomingForm {
  request.signal.throwIfAborted();
  const boundary = boundaryOf(request.headers['content-type']);
  if (boundary === undefined) throw withoutBoundary();
  // Parsed only here: multer and busboy differ about odd boundaries, and multer accepts a form that it cannot read.
  const quoted = boundary.replace(/["\\]/g, '\\$&');
  const shim = new FormRequest(`multipart/form-data; boundary="${quoted}"`, (parser) =>
    feedParser(request, shim, boundary, limits.fieldSize, parser, onFile),
  );
  const received = new Promise<void>((resolve, reject) => {
    const next = (error?: unknown): void =>
      error
        ? reject(toUploadError(error) ?? new ImgwireUploadError('MALFORMED_MULTIPART', { cause: error }))
        : resolve();
    multerFor(limits)(shim as never, {} as never, next as never);
  });
  return { fields: shim.body, received };
}

const withoutBoundary = (): ImgwireUploadError =>
  new ImgwireUploadError('MALFORMED_MULTIPART', {
    message:
      'The Content-Type of the form has no boundary; leave this header to the client, which sets it with the form.',
  });

/** multer's limits. The limit on the whole request is not multer's; request.ts enforces it. */
type FormLimits = Omit<Limits, 'requestSize'> & Partial<Pick<Limits, 'requestSize'>>;

/** One multer for each set of limits: the state of a request is on its stand-in. */
const multers = new WeakMap<FormLimits, ReturnType<multer.Multer['any']>>();

function multerFor(limits: FormLimits): ReturnType<multer.Multer['any']> {
  const known = multers.get(limits) ?? makeMulter(limits);
  multers.set(limits, known);
  return known;
}

// multer's limit on the file size is not used: ours can differ by field, and cancels the PUT at once.
function makeMulter({
  fileSize: _,
  requestSize: __,
  ...limits
}: FormLimits): ReturnType<multer.Multer['any']> {
  return multer({
    limits,
    defParamCharset: 'utf8',
    storage: {
      _handleFile: ({ begun }: FormRequest, file: MulterFile, callback: (error: null) => void) => {
        begun.push(file);
        callback(null);
      },
      // receive.ts undoes uploads.
      _removeFile: (_req: unknown, _file: unknown, callback: (error: null) => void) => callback(null),
    },
    streamHandler: (shim: FormRequest, parser: Writable) => shim.onParser(parser),
    // @types/multer lacks streamHandler, and requires Express's request where multer needs much less.
  } as unknown as multer.Options).any();
}

/** Feeds the parser the body of a request, and ends both together. */
function feedParser(
  request: FormSource,
  shim: FormRequest,
  boundary: string,
  fieldSize: number,
  parser: Writable,
  onFile: (part: FilePart) => Promise<void> | undefined,
): void {
  // multer drops a file without a name: browsers send an empty one when no file was chosen.
  parser.prependListener('file', (_name: unknown, stream: Readable, { filename }: { filename?: string }) => {
    if (!filename) stream.once('data', () => request.fail(nameless()));
  });
  const { contentLength, signal } = request;
  const text = readTextParts(parser, fieldSize, request.fail);
  const form = formFeed({ boundary, contentLength, parser, begun: shim.begun, text, onFile });
  // Also after the whole body has been fed: a failed file is not read to its end, and the parser would wait for it.
  signal.addEventListener('abort', () => shim.emit('error', signal.reason), { once: true });
  request.feed(form.fed).then(
    () => parser.end(),
    () => undefined,
  );
}

const nameless = (): ImgwireUploadError =>
  new ImgwireUploadError('MALFORMED_MULTIPART', { message: 'A file of the form has no name.' });

/**
 * What multer needs of a request. The body does not pass through here and is drained elsewhere, so there is nothing to
 * read: multer does not wait for the end of a rejected body before it reports the failure.
 */
class FormRequest extends EventEmitter {
  readonly readable = false;
  readonly headers: IncomingHttpHeaders;
  readonly onParser: (parser: Writable) => void;
  /** Files whose parts have begun, not handed on yet. */
  readonly begun: MulterFile[] = [];
  body: FormFields = {};

  constructor(contentType: string, onParser: (parser: Writable) => void) {
    super();
    this.onParser = onParser;
    // Without a length or this multer assumes that there is no body; it uses no other header.
    this.headers = { 'transfer-encoding': 'chunked', 'content-type': contentType };
  }

  unpipe(): void {
    // Nothing is piped.
  }

  resume(): void {
    // Nothing is paused.
  }
}
