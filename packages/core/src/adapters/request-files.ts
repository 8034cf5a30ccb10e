import type { IncomingHttpHeaders } from 'node:http';
import { ImgwireError } from '../errors.ts';
import type { ImgwireImage } from '../image/image.ts';
import { CODES } from '../receive/open-body.ts';
import type { ReceivedForm } from '../receive/receive.ts';
import { kindOf, type UploadKind } from '../receive/upload-kind.ts';
import type { UploadRules } from '../rules/rules.ts';
import type { ReceivedFile } from '../upload/store-file.ts';
import type { ViaUrlResult } from './upload-via-url.ts';

/** The files of a request, as every adapter puts them on it: `request.imgwire`. */
export interface RequestImgwire {
  /** In the order of the form. */
  readonly files: readonly ReceivedFile[];
  /** The same by field name. */
  readonly byField: Readonly<Record<string, readonly ReceivedFile[] | undefined>>;
  /**
   * Why files were rejected, with `onFileError: 'skip'`. Each error has its `code`, and the `field` and `fileName` of its file. As JSON
   * they are problem details.
   */
  readonly rejected: readonly ImgwireError[];
  /** Deletes every image of the request, for a handler that cannot use them. Never rejects. */
  discard(): Promise<void>;
}

/** What an upload puts on the request of a framework. */
export interface ImgwireRequest {
  /** The first image of the request; undefined if it had none. */
  image?: ImgwireImage;
  /** Every image of the request, in the order of the form; undefined on a route without an upload. */
  images?: ImgwireImage[];
  /** What is known of the uploaded files besides their records; undefined on a route without an upload. */
  imgwire?: RequestImgwire;
}

/** Turns received files into `request.imgwire`. */
export function toRequestFiles(
  files: readonly ReceivedFile[],
  rejected: readonly ImgwireError[] = [],
): RequestImgwire {
  // A field may have any name, `__proto__` for one.
  const byField = Object.create(null) as Record<string, ReceivedFile[]>;
  for (const file of files) {
    byField[file.fieldname] ??= [];
    byField[file.fieldname]?.push(file);
  }
  return {
    files,
    byField,
    rejected,
    discard: async () => void (await Promise.all(files.map((file) => file.discard()))),
  };
}

/** The files of a form, and those that were rejected. */
type ReceivedFiles = Pick<ReceivedForm, 'files'> & Partial<Pick<ReceivedForm, 'rejected'>>;

/**
 * Puts on a request what it brought, see {@link ImgwireRequest}: the files of its form, or the image of its upload via URL. Where
 * there was neither, attach `{ files: [] }`: so the handler can tell a route without an upload from a request without an image. What
 * another upload of the route has attached stays then.
 *
 * @param kind what the route receives, for {@link missingImage}
 */
export function attach(
  request: object,
  brought: ReceivedFiles | ViaUrlResult,
  kind: UploadKind = 'form',
): void {
  const isReceived = 'image' in brought || brought.rejected !== undefined;
  // By its files: an application may have put an instance there.
  if (!isReceived && (request as ImgwireRequest).imgwire?.files) return;
  // A set of all requests would give each a hash, and with it another shape.
  if (kind === 'body') bodies.add(request);
  else bodies.delete(request);
  if ('image' in brought) {
    const { image, discard } = brought;
    setOn(request, { image, images: [image], imgwire: { ...toRequestFiles([]), discard } });
    return;
  }
  const images = brought.files.map((file) => file.image);
  const [image] = images;
  setOn(request, {
    ...(image && { image }),
    images,
    imgwire: toRequestFiles(brought.files, brought.rejected),
  });
}

/** The requests to which the image of a body was attached. */
const bodies = new WeakSet<object>();

/** Why a request has no image: the error for a handler that needs one, as of an upload with `required: true`. */
export function missingImage(request: ImgwireRequest & object, headers: IncomingHttpHeaders): ImgwireError {
  const kind = bodies.has(request) ? 'body' : 'form';
  const { other } = CODES[kind];
  return request.imgwire?.rejected[0] ?? new ImgwireError(kindOf(headers) === kind ? 'FILE_REQUIRED' : other);
}

const setOn: (request: object, properties: ImgwireRequest) => void = Object.assign;

/**
 * Whether a route receives a request with these headers: one that brings files in its way. Where a file is required, or the form has a
 * schema, any other too, which `receive` then rejects: so no handler gets a body that was not validated.
 *
 * @param kind whether the route receives forms, or bodies that are the image
 * @returns a function of the headers, and of Node's request, where there is one: over HTTP/2 it tells of a body that no header names
 */
export function receivesRequest(
  { required, fields, form }: Pick<UploadRules<never>, 'required' | 'fields' | 'form'>,
  kind: UploadKind = 'form',
): (headers: IncomingHttpHeaders, request?: object) => boolean {
  const all = required || form !== undefined || fields?.some((field) => field.required) || false;
  return (headers, request) => all || kindOf(headers, request) === kind;
}
