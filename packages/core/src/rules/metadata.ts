import { definedOf } from '../base/defined-of.ts';
import { ImgwireUploadError } from '../base/errors.ts';
import { assertOptions, type Check, label, scalars, text } from '../base/validate.ts';
import type { CreateBody } from '../service/service.ts';
import type { UploadMetadata } from './rules.ts';

/** The checks of {@link UploadMetadata}: what the service would refuse. */
export const METADATA_CHECKS: Readonly<Record<keyof UploadMetadata, Check>> = {
  purpose: label,
  customMetadata: scalars,
  idempotencyKey: label,
  fileName: text,
};

/**
 * Checks what a `metadata` answered for a request. A name that is none is the program's mistake; a value that cannot be
 * used is taken for the client's words.
 *
 * @throws TypeError for an unknown name; ImgwireUploadError `INVALID_METADATA` for a wrong value
 */
export function checkMetadata(metadata: UploadMetadata | undefined): UploadMetadata {
  const refuse = (name: string, expected: string): Error =>
    new ImgwireUploadError('INVALID_METADATA', {
      message: `The image cannot be labelled: ${name} must be ${expected}.`,
    });
  assertOptions('metadata', metadata ?? {}, METADATA_CHECKS, refuse);
  return metadata ?? {};
}

/** What a user labels an upload with, in the service's own names. */
export function metadataBody(metadata: UploadMetadata): Partial<CreateBody> {
  const { purpose, customMetadata, idempotencyKey, fileName } = metadata;
  return definedOf({
    file_name: fileName,
    purpose,
    // A label of a field that the client left out is none.
    custom_metadata: customMetadata && definedOf(customMetadata),
    idempotency_key: idempotencyKey,
  });
}
