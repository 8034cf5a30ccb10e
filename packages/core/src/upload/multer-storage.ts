import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Cancellation } from '../cancellation.ts';
import { onResponseSent, socketOf } from '../client-gone.ts';
import { asError, ImgwireError } from '../errors.ts';
import { encodingError } from '../incoming-request.ts';
import { misplaced } from '../options/checks.ts';
import type { Check } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import { RULE_CHECKS } from '../rules/check-rules.ts';
import { resolveRules } from '../rules/resolve-rules.ts';
import type { FileInfo, ResolvedRules, UploadRules } from '../rules/rules.ts';
import { withDeadline } from '../service/deadline.ts';
import type { Context } from './context.ts';
import { forRequest } from './reports.ts';
import { type ReceivedFile, storeFile } from './store-file.ts';
import { abortable, reader } from './stream-source.ts';

/** A file that multer hands to its storage. */
export interface MulterFile {
  readonly fieldname: string;
  readonly originalname: string;
  readonly encoding: string;
  readonly stream: Readable;
}

/** A multer storage engine (multer's StorageEngine.md), typed structurally. */
export interface StorageEngine {
  // Method syntax on purpose: multer types the request as Express's, and we use nothing of it.
  /** Stores the file; `info` is what multer puts on it. */
  _handleFile(req: never, file: MulterFile, callback: (error?: unknown, info?: object) => void): void;
  /** Deletes the image, if another file of the form has failed. */
  _removeFile(req: never, file: object, callback: (error: Error | null) => void): void;
}

/** The rules that a storage engine can enforce. multer enforces the others: `limits`, `fileFilter`, its fields. */
export type StorageRules<Request> = Pick<
  UploadRules<Request>,
  | 'accept'
  | 'hashAlgorithm'
  | 'maxPixels'
  | 'minWidth'
  | 'minHeight'
  | 'metadata'
  | 'readAheadBytes'
  | 'replay'
  | 'scan'
  | 'scanTimeoutMs'
  | 'stallTimeoutMs'
  | 'waitUntilReady'
>;

const ofMulter = misplaced('it belongs to multer() itself, beside `storage`');

/** The checks of {@link StorageRules}, and names that are looked for among them. */
export const STORAGE_CHECKS: Readonly<
  Record<keyof StorageRules<unknown> | 'form' | 'limits' | 'defParamCharset' | 'preservePath', Check>
> = {
  limits: ofMulter,
  defParamCharset: ofMulter,
  preservePath: ofMulter,
  accept: RULE_CHECKS.accept,
  form: misplaced(
    'multer reads the form: write it in imgwireUpload(), or validate `req.body` in the handler',
  ),
  hashAlgorithm: RULE_CHECKS.hashAlgorithm,
  maxPixels: RULE_CHECKS.maxPixels,
  minWidth: RULE_CHECKS.minWidth,
  minHeight: RULE_CHECKS.minHeight,
  metadata: RULE_CHECKS.metadata,
  readAheadBytes: RULE_CHECKS.readAheadBytes,
  replay: RULE_CHECKS.replay,
  scan: RULE_CHECKS.scan,
  scanTimeoutMs: RULE_CHECKS.scanTimeoutMs,
  stallTimeoutMs: RULE_CHECKS.stallTimeoutMs,
  waitUntilReady: RULE_CHECKS.waitUntilReady,
};

/**
 * Validates the rules of a storage engine. It rejects a rule that multer ignores: an `authorize` that is never called is a
 * security hole.
 *
 * @throws TypeError that names the option
 */
export function storageRules<Request>(rules: StorageRules<Request>): ResolvedRules<Request> {
  assertOptions('storage()', rules, STORAGE_CHECKS);
  return resolveRules(rules);
}

/**
 * Creates a storage engine for a multer of your own. multer's file gets the properties of {@link ReceivedFile} too: `image`,
 * `size`, `mimetype` from the bytes.
 *
 * A storage engine does not see the request's body. So a file above the read-ahead is first spooled to a temporary file, or is
 * `LENGTH_REQUIRED` with `replay: false`.
 */
export function storageEngine<Request>(context: Context, rules: ResolvedRules<Request>): StorageEngine {
  const store = async (req: EngineRequest, file: MulterFile): Promise<ReceivedFile> => {
    const wrong = req.rawBody === undefined ? encodingError(req.headers ?? {}) : undefined;
    if (wrong) throw wrong;
    context.http.expectUpload(context.service.origin, context.seen.storageOrigin);
    const ending = new Cancellation();
    const { abort } = ending;
    // multer's own limit ends the stream as if the file were complete: a truncated file must not be stored.
    file.stream.once('limit', () => abort(new ImgwireError('LIMIT_FILE_SIZE')));
    const onClientGone = (): void => abort(new ImgwireError('CLIENT_ABORTED'));
    const socket = socketOf(req);
    socket?.once('close', onClientGone);
    const cleanups = [context.shutdown.signal.onAbort(abort), onResponseSent(req.res, abort)];
    const withFields = (info: Omit<FileInfo, 'fields'>): FileInfo => ({
      ...info,
      fields: (req.body ?? {}) as Record<string, unknown>,
    });
    const { metadata, scan } = rules;
    try {
      const { fieldname, originalname, encoding, stream } = file;
      const next = abortable(reader(stream, 'MALFORMED_MULTIPART'), ending);
      // multer has no such limit, and its parser can abandon a stream if the headers of two files run together.
      const read = () => withDeadline(rules.stallTimeoutMs, undefined, next, 'CLIENT_STALLED');
      return await storeFile(forRequest(context, req), {
        file: { fieldname, originalname, encoding, read },
        // multer's limit applies.
        rules: { ...rules, fileSize: Number.POSITIVE_INFINITY },
        metadata: metadata && (async (info) => metadata(req as Request, withFields(info))),
        scan: scan && ((bytes, info) => scan(bytes, withFields(info))),
        signal: ending,
      });
    } finally {
      socket?.off('close', onClientGone);
      for (const cleanup of cleanups) cleanup();
    }
  };
  return {
    _handleFile: (req, file, callback) => {
      context.shutdown
        .run(() => store(req, file))
        .then(
          (stored) => callback(null, stored),
          // To multer a falsy error is none.
          (error: unknown) => callback(error || asError(error)),
        );
    },
    _removeFile: (_req, file, callback) => {
      const removed = (file as Partial<ReceivedFile>).discard?.() ?? Promise.resolve();
      removed.then(() => callback(null), callback);
    },
  };
}

/** What the engine reads of multer's request. */
interface EngineRequest {
  readonly headers?: IncomingHttpHeaders;
  /** What has read the body in front has also decoded it, and left it here for multer's `streamHandler`. */
  readonly rawBody?: unknown;
  readonly body?: unknown;
  readonly socket?: Socket;
  /** Express has it here. */
  readonly res?: ServerResponse;
}
