import { Readable, type Writable } from 'node:stream';
import multer from 'multer';
import { Cancellation } from '../../cancellation.ts';
import { isImgwireError } from '../../errors.ts';
import type { FormFields } from '../fields.ts';
import { Form, type FormLimits, type FormSource } from '../form.ts';
import { LengthHistory } from '../length-history.ts';

/** A form as it arrives: the Content-Type of its request, and its body. */
export interface FormBytes {
  readonly contentType: string;
  /** In latin1: a character for each byte. */
  readonly text: string;
}

/** A file as the application gets it. */
interface SeenFile {
  readonly fieldname: string;
  /** Without control characters, which ours strips. */
  readonly originalname: string;
  readonly encoding: string;
  /** In latin1. */
  readonly content: string;
}

/** A part as busboy told multer of it. */
export interface Announced {
  readonly isFile: boolean;
  readonly name: string | undefined;
  readonly fileName: string | undefined;
  readonly type: string;
}

/** What a form was read as. */
export interface Accepted {
  readonly fields: FormFields;
  readonly files: readonly SeenFile[];
  /** Of multer: every part that it did not drop. */
  readonly announced: readonly Announced[];
}

/** Why a form was not read; `code` is empty for an error without one. */
export interface Refused {
  readonly code: string;
  readonly message: string;
}

/** What became of a form. */
export type Outcome = Accepted | Refused;

/** Whether a form was read to its end. */
export const isAccepted = (outcome: Outcome): outcome is Accepted => 'files' in outcome;

const HUNG: Refused = { code: 'HUNG', message: 'It neither accepts the form nor refuses it.' };

function piecesOf(text: string, cuts: readonly number[]): Buffer[] {
  const body = Buffer.from(text, 'latin1');
  return [0, ...cuts].map((cut, i) => body.subarray(cut, cuts[i])).filter(({ length }) => length > 0);
}

/** How ours takes its files: each whole, if it can, before it asks for the next part; or all as they come. */
export type Reading = 'whole' | 'chunks';

/** Reads a form with ours, cut at the given places. */
export function readOurs(
  form: FormBytes,
  cuts: readonly number[],
  limits: FormLimits,
  reading: Reading,
): Promise<Outcome> {
  // All of it is microtasks: what is not there after a turn of the event loop never comes.
  const hung = new Promise<Outcome>((resolve) => setImmediate(resolve, HUNG));
  return Promise.race([receive(form, cuts, limits, reading), hung]);
}

async function receive(
  { contentType, text }: FormBytes,
  cuts: readonly number[],
  limits: FormLimits,
  reading: Reading,
): Promise<Outcome> {
  const pieces = piecesOf(text, cuts);
  const source: FormSource = {
    headers: { 'content-type': contentType },
    contentLength: text.length,
    signal: new Cancellation(),
    read: async () => pieces.shift(),
  };
  const files: Promise<SeenFile>[] = [];
  try {
    const form = new Form(source, limits, new LengthHistory());
    for (let part = await form.next(); part; part = await form.next()) {
      const file = form.fileOf(part);
      if (!file) await form.addText(part);
      else if (reading === 'whole') files.push(Promise.resolve(await readWhole(file)));
      else files.push(readChunks(file, source.signal));
    }
    return { fields: form.fields, files: await Promise.all(files), announced: [] };
  } catch (error) {
    await Promise.allSettled(files);
    return isImgwireError(error) ? refusalOf(error) : { code: 'NO_CODE', message: String(error) };
  }
}

type FilePart = NonNullable<ReturnType<Form['fileOf']>>;

async function readWhole(file: FilePart): Promise<SeenFile> {
  const whole = file.takeWhole?.(Number.POSITIVE_INFINITY);
  return whole ? seen(file, [whole]) : await readFile(file);
}

/** The next part waits for this one, unless somebody says that it will not be read, as receive.ts does. */
function readChunks(file: FilePart, signal: Cancellation): Promise<SeenFile> {
  const read = readFile(file);
  read.catch(signal.abort);
  return read;
}

async function readFile(file: FilePart): Promise<SeenFile> {
  const chunks: Buffer[] = [];
  for (let chunk = await file.read(); chunk; chunk = await file.read()) chunks.push(Buffer.from(chunk));
  return seen(file, chunks);
}

type Named = Pick<SeenFile, 'fieldname' | 'originalname' | 'encoding'>;

const seen = ({ fieldname, originalname, encoding }: Named, chunks: readonly Uint8Array[]): SeenFile => ({
  fieldname,
  originalname: originalname.replaceAll(/\p{Cc}/gu, ''),
  encoding,
  content: Buffer.concat(chunks).toString('latin1'),
});

function refusalOf(error: object): Refused {
  const { code = '', message } = error as { code?: string; message: string };
  return { code, message };
}

type StoredFile = Express.Multer.File & { readonly chunks: readonly Buffer[] };

const storage: multer.StorageEngine = {
  _handleFile(_request, { stream }, done) {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', done);
    stream.on('end', () => done(null, { chunks } as Partial<StoredFile>));
  },
  _removeFile: (_request, _file, done) => done(null),
};

type Handler = (request: Readable, response: object, next: (error?: object) => void) => void;

/**
 * Reads a form with multer, as a request whose body comes in pieces.
 *
 * @param texts the charset of texts that declare none
 */
export function readMulters(
  form: FormBytes,
  cuts: readonly number[],
  limits: FormLimits,
  texts = 'utf8',
): Promise<Outcome> {
  const announced: Announced[] = [];
  const streamHandler = (request: Readable, busboy: Writable): void => {
    announceTo(announced, busboy);
    request.pipe(busboy);
  };
  const options = { limits, storage, defParamCharset: 'utf8', defCharset: texts, streamHandler };
  const handle = multer(options).any() as unknown as Handler;
  const request = requestOf(form, cuts);
  return new Promise((resolve) => {
    let settled = false;
    const settle = (outcome: Outcome): void => {
      settled = true;
      resolve(outcome);
    };
    handle(request, {}, (error) => {
      settle(error ? refusalOf(error) : acceptedOf(request, announced));
    });
    // What is not there many turns of the event loop later never comes.
    void turns(1000, () => settled).then(() => settle(HUNG));
  });
}

function acceptedOf({ body, files }: ReturnType<typeof requestOf>, announced: Announced[]): Outcome {
  if (!body || !files) return { code: 'NOT_READ', message: 'It takes the form for none.' };
  return { fields: body, files: files.map((file) => seen(file, file.chunks)), announced };
}

function requestOf({ contentType, text }: FormBytes, cuts: readonly number[]) {
  const pieces = piecesOf(text, cuts);
  const stream = new Readable({
    // Of a stream of objects, no pieces are put together.
    objectMode: true,
    read() {
      this.push(pieces.shift() ?? null);
    },
  });
  const headers = { 'content-type': contentType, 'content-length': String(text.length) };
  return Object.assign(stream, { headers } as { headers: object; body?: FormFields; files?: StoredFile[] });
}

interface Info {
  readonly filename?: string;
  readonly mimeType: string;
}

function announceTo(announced: Announced[], busboy: Writable): void {
  busboy.on('field', (name: string | undefined, _value: unknown, { mimeType: type }: Info) => {
    announced.push({ isFile: false, name, fileName: undefined, type });
  });
  busboy.on(
    'file',
    (name: string | undefined, _file: unknown, { filename: fileName, mimeType: type }: Info) => {
      announced.push({ isFile: true, name, fileName, type });
    },
  );
}

async function turns(count: number, settled: () => boolean): Promise<void> {
  for (let left = count; left > 0 && !settled(); left--) await new Promise(setImmediate);
}
