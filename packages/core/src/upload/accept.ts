import { ImgwireError } from '../errors.ts';
import type { Dimensions, Orientation } from '../inspect/bytes.ts';
import { canonicalImageType, extensionOf, type ImageType, typeOfBytes } from '../inspect/inspect.ts';
import { SizeInspector } from '../inspect/size-inspector.ts';
import type { FileRules } from '../rules/rules.ts';
import type { ReadAhead, StreamInspector } from './upload-body.ts';

/** An image accepted by its first bytes, and inspected while the rest streams. */
export interface AcceptedImage extends StreamInspector {
  pass(chunk: Uint8Array): void;
  readonly mimetype: ImageType;
  /** The dimensions known so far, and how they are turned; none if the whole file has been read and they are not certain. */
  size(): Partial<Dimensions & { readonly orientation: Orientation }>;
}

/** How large an image must be. */
export type LeastSize = Pick<FileRules, 'minWidth' | 'minHeight'>;

/**
 * Decides by its bytes whether to accept a file. A client's declared type is ignored: clients guess it from the file name. What
 * the first bytes leave open is decided while the rest streams, or at its end, with the same errors.
 *
 * @param declared the type that a backend declares: bytes of another type are rejected
 * @param probe what has inspected these bytes already
 * @throws ImgwireError `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `IMAGE_TOO_SMALL`, `PIXELS_UNKNOWN`
 */
export function acceptImage(
  head: ReadAhead,
  rules: FileRules,
  declared = '',
  probe?: ImageProbe,
): AcceptedImage {
  if (head.bytes.length === 0) throw new ImgwireError('EMPTY_FILE');
  const mimetype = typeOfBytes(head.bytes);
  const claim = DECLARES_NONE.test(declared) ? undefined : declared.slice(0, SHOWN_CHARACTERS);
  if (!mimetype || !rules.accept.includes(mimetype)) throw unsupported(rules, claim);
  if (claim !== undefined) assertDeclared(claim, mimetype);
  const meter = probe?.meter ?? new SizeInspector(mimetype);
  // Evaluated each time: a PUT that fails for another reason must not mask a breach.
  const check = (): void => {
    const { width, height } = meter.size ?? { width: 0, height: 0 };
    if (meter.isOther) throw unsupported(rules, claim);
    if (width * height > rules.maxPixels) throw tooManyPixels(width, height, rules.maxPixels);
    // A larger one may follow.
    if (meter.isKnown && isTooSmall(width, height, rules)) throw tooSmall(width, height, rules);
  };
  let hasEnded = false;
  const image: AcceptedImage = {
    mimetype,
    size: () => {
      const { size, orientation } = meter;
      return hasEnded && !meter.isKnown ? {} : { ...size, ...(size && orientation && { orientation }) };
    },
    pass: (chunk) => {
      meter.pass(chunk);
      check();
    },
    end: (whole) => {
      hasEnded = true;
      const checkAll = (): void => {
        check();
        if (rules.pixelsMustBeKnown && !meter.isKnown) throw new ImgwireError('PIXELS_UNKNOWN');
      };
      return meter.isKnown ? checkAll() : meter.end(whole).then(checkAll);
    },
  };
  if (probe?.meter) check();
  else image.pass(head.bytes);
  return image;
}

/** So many bytes tell the type of every image. */
const TYPE_BYTES = 4 * 1024;

/**
 * Inspects a file while it is read ahead: whether all is known that its first bytes say, its type and its pixels. Of one that is
 * all there its end is awaited.
 */
export class ImageProbe {
  /** Has inspected all bytes so far; undefined while their type is unknown. */
  meter: SizeInspector | undefined;
  /** The length of the file, in bytes. */
  readonly length: number;
  /** The bytes that tell the type, as far as they have come. */
  readonly #first: Uint8Array[] = [];

  constructor(length: number) {
    this.length = length;
  }

  /** Inspects the next chunk. Returns whether that is enough. @param size the bytes so far, with it */
  pass(chunk: Uint8Array, size: number): boolean {
    if (this.meter) this.meter.pass(chunk);
    else if (size - chunk.length < TYPE_BYTES) this.#passFirst(chunk, size);
    return size < this.length && this.meter?.isKnown === true;
  }

  /** Looks once: a client can send one byte in each chunk. */
  #passFirst(chunk: Uint8Array, size: number): void {
    this.#first.push(chunk);
    if (size < TYPE_BYTES) return;
    const first = Buffer.concat(this.#first);
    this.#first.length = 0;
    const type = typeOfBytes(first);
    if (!type) return;
    this.meter = new SizeInspector(type);
    this.meter.pass(first);
  }
}

/** An image that is larger than it may be. */
export const tooManyPixels = (width: number, height: number, most: number): ImgwireError =>
  new ImgwireError('TOO_MANY_PIXELS', {
    message: `The image has ${width} × ${height} pixels; at most ${most} in all are accepted.`,
  });

/** Whether an image is smaller than it must be. */
export const isTooSmall = (width: number, height: number, least: LeastSize): boolean =>
  width < least.minWidth || height < least.minHeight;

/** An image that is smaller than it must be. */
export const tooSmall = (width: number, height: number, least: LeastSize): ImgwireError =>
  new ImgwireError('IMAGE_TOO_SMALL', { message: `The image ${missed(width, height, least)} are needed.` });

/** Names only the sides that have a rule: every image has one pixel. */
function missed(width: number, height: number, { minWidth, minHeight }: LeastSize): string {
  if (!(minHeight > 1)) return `is ${width} pixels wide; at least ${minWidth}`;
  if (!(minWidth > 1)) return `is ${height} pixels high; at least ${minHeight}`;
  return `has ${width} × ${height} pixels; at least ${minWidth} × ${minHeight}`;
}

/** A file that is of none of the accepted types. */
export const unsupported = ({ accept }: Pick<FileRules, 'accept'>, declared?: string): ImgwireError => {
  const types = accept.map(extensionOf).join(', ');
  return new ImgwireError('UNSUPPORTED_IMAGE_TYPE', {
    message:
      declared === undefined
        ? `The file is not an image of an accepted type (${types}).`
        : `The file is declared as ${declared}, but its bytes are of no accepted type (${types}).`,
  });
};

/** Matches what declares no type: an empty text, as of a Blob, or the type of any bytes (RFC 2046, section 4.5.1). */
const DECLARES_NONE = /^\s*(application\/octet-stream\s*)?(;|$)/i;
/** So much of a declared type is shown in an error. */
const SHOWN_CHARACTERS = 80;

function assertDeclared(declared: string, found: ImageType): void {
  if (canonicalImageType(declared) === found) return;
  throw new ImgwireError('UNSUPPORTED_IMAGE_TYPE', {
    message: `The file is declared as ${declared}, but its bytes are of the type ${found}.`,
  });
}
