import { ImgwireError } from '../errors.ts';
import { scalars, shortText, text } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import type { Check, Checks } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import type { CreateBody } from '../service/service.ts';
import type { UploadMetadata } from './rules.ts';

/** The checks of {@link UploadMetadata}. They reject what the service would reject. */
export const METADATA_CHECKS: Readonly<Record<keyof UploadMetadata, Check>> = {
  purpose: shortText,
  customMetadata: scalars,
  idempotencyKey: shortText,
  fileName: text,
};

/**
 * Validates what a `metadata` callback returned. An unknown name is your mistake, so it is a TypeError. A wrong value most likely
 * came from the client.
 *
 * @param checks of what the callback may return
 * @throws TypeError for an unknown name; ImgwireError `INVALID_METADATA` for a wrong value
 */
export function checkMetadata<Metadata extends UploadMetadata>(
  metadata: Metadata | undefined,
  checks: Checks = METADATA_CHECKS,
): Partial<Metadata> {
  const toError = (name: string, expected: string): Error =>
    new ImgwireError('INVALID_METADATA', {
      message: `The metadata of the image is not valid: ${name} must be ${expected}.`,
    });
  assertOptions('metadata', metadata ?? {}, checks, toError);
  return metadata ?? {};
}

/** Metadata by the service's own names. */
export function metadataBody(metadata: UploadMetadata): Partial<CreateBody> {
  const { purpose, customMetadata, idempotencyKey, fileName } = metadata;
  return definedOf({
    file_name: fileName,
    purpose,
    // The client may have left out the field of one.
    custom_metadata: customMetadata && definedOf(customMetadata),
    idempotency_key: idempotencyKey,
  });
}
