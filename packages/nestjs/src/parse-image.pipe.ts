import {
  canonicalImageType,
  type ImageType,
  type ImageTypeLike,
  ImgwireError,
  type ImgwireImage,
  type ReceivedFile,
} from '@imgwire/core';
import {
  assertOptions,
  type Check,
  CHECKS as CORE_CHECKS,
  extensionOf,
  formatBytes,
} from '@imgwire/core/adapter';
import { BadRequestException, type FileValidator, type PipeTransform } from '@nestjs/common';
import { type Validates, withoutBuffer } from './file-type.validator.ts';
import { ImgwireHttpException } from './imgwire.exception.ts';
import { fileOf } from './uploaded-form.ts';

/** Requirements for an uploaded image besides the rules of its interceptor. */
export interface ParseImageOptions {
  /** Whether a missing image is an error. @default true */
  readonly required?: boolean | undefined;
  /** Accepted MIME types, detected from the bytes. @default all that the interceptor accepts */
  readonly accept?: readonly ImageTypeLike[] | undefined;
  /** Width × height. An image of unknown dimensions is rejected too. @default no limit */
  readonly maxPixels?: number | undefined;
  /** Largest file, in bytes. */
  readonly fileSize?: number | undefined;
  /**
   * Nest's validators and your own. They get the `ReceivedFile`: no buffer, but `mimetype`, `size`, `width`, `height`. Nest's
   * `FileTypeValidator` compares the `mimetype`, which is from the bytes.
   */
  readonly validators?: readonly FileValidator[] | undefined;
}

const { required, accept, maxPixels, fileSize } = CORE_CHECKS.field;
const CHECKS: Readonly<Record<keyof ParseImageOptions, Check>> = {
  required,
  accept,
  maxPixels,
  fileSize,
  validators: (value) => (Array.isArray(value) ? undefined : 'an array of validators'),
};

type Uploaded = ImgwireImage | ReceivedFile;
type Uploads = readonly Uploaded[] | Readonly<Record<string, readonly Uploaded[] | undefined>>;

/**
 * Validates the value of `@UploadedImage()` or `@UploadedImages()`, or of `@UploadedFile()` or `@UploadedFiles()`. The
 * image is already stored by then: prefer the interceptor's rules, which reject a file while it arrives, and set `discardOnError` for
 * what only the route can check.
 *
 * Fails like the interceptor: `FILE_REQUIRED`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `PIXELS_UNKNOWN`,
 * `LIMIT_FILE_SIZE`; if a validator rejects the file, with a BadRequestException.
 *
 * @throws TypeError that names the wrong option, when the pipe is created
 */
export class ParseImagePipe implements PipeTransform {
  readonly #options: ParseImageOptions;
  readonly #accept: readonly ImageType[] | undefined;
  readonly #validators: readonly Validates[];

  constructor(options: ParseImageOptions = {}) {
    assertOptions('ParseImagePipe', options, CHECKS);
    this.#options = options;
    this.#validators = (options.validators ?? []).map(withoutBuffer);
    this.#accept = options.accept?.flatMap((claim) => canonicalImageType(claim) ?? []);
  }

  async transform<Value extends Uploaded | Uploads | undefined>(value: Value): Promise<Value> {
    const uploads = uploadsOf(value);
    if (uploads.length === 0 && this.#options.required !== false) throw refusal('FILE_REQUIRED');
    for (const upload of uploads) {
      const file = 'mimetype' in upload ? upload : fileOf(upload);
      // A value that cannot be checked must not pass.
      if (!file)
        throw new TypeError('ParseImagePipe: the value did not come with this request as an upload.');
      await this.#check(file);
    }
    return value;
  }

  async #check(file: ReceivedFile): Promise<void> {
    const { maxPixels, fileSize = Number.POSITIVE_INFINITY } = this.#options;
    const { width, height } = file;
    if (this.#accept && !this.#accept.includes(file.mimetype as ImageType)) {
      const types = this.#accept.map(extensionOf).join(', ');
      throw refusal(
        'UNSUPPORTED_IMAGE_TYPE',
        file,
        `The file is not an image of an accepted type (${types}).`,
      );
    }
    if (maxPixels !== undefined) {
      if (width === undefined || height === undefined) throw refusal('PIXELS_UNKNOWN', file);
      if (width * height > maxPixels) {
        const message = `The image has ${width} × ${height} pixels; at most ${maxPixels} in all are accepted.`;
        throw refusal('TOO_MANY_PIXELS', file, message);
      }
    }
    if (file.size > fileSize) {
      throw refusal('LIMIT_FILE_SIZE', file, `The file is larger than ${formatBytes(fileSize)}.`);
    }
    for (const validator of this.#validators) {
      if (!(await validator.isValid(file))) throw new BadRequestException(validator.buildErrorMessage(file));
    }
  }
}

function uploadsOf(value: Uploaded | Uploads | undefined): readonly Uploaded[] {
  const values = Object.values(value ?? []);
  // By field, as of `ImgwireFileFieldsInterceptor`; an upload has properties of other types.
  if (values.every(Array.isArray)) return values.flat() as Uploaded[];
  return [value].flat() as Uploaded[];
}

type Code =
  | 'FILE_REQUIRED'
  | 'UNSUPPORTED_IMAGE_TYPE'
  | 'TOO_MANY_PIXELS'
  | 'PIXELS_UNKNOWN'
  | 'LIMIT_FILE_SIZE';

/** The same as the rules of an interceptor say of a file. */
function refusal(code: Code, file?: ReceivedFile, message?: string): ImgwireHttpException {
  const details = { field: file?.fieldname, fileName: file?.originalname, message };
  return new ImgwireHttpException(new ImgwireError(code, details));
}
