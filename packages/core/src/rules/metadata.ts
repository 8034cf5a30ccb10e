import { ImgwireError } from '../errors.ts';
import { label, scalars, text } from '../options/checks.ts';
import { definedOf } from '../options/defined-of.ts';
import type { Check, Checks } from '../options/option-problem.ts';
import { assertOptions } from '../options/validate.ts';
import type { CreateBody } from '../service/service.ts';
import type { UploadMetadata } from './rules.ts';

/** The checks of {@link UploadMetadata}: values that the service would reject fail. */
export const METADATA_CHECKS: Readonly<Record<keyof UploadMetadata, Check>> = {
  purpose: label,
  customMetadata: scalars,
  idempotencyKey: label,
  fileName: text,
};

/**
 * Validates what a `metadata` returned for a request. An unknown name is the application's mistake; an invalid value is
 * treated as the client's input.
 *
 * @param checks of what it may return
 * @throws TypeError for an unknown name; ImgwireError `INVALID_METADATA` for a wrong value
 */
export function checkMetadata<Metadata extends UploadMetadata>(
  metadata: Metadata | undefined,
  checks: Checks = METADATA_CHECKS,
): Partial<Metadata> {
  const refuse = (name: string, expected: string): Error =>
    new ImgwireError('INVALID_METADATA', {
      message: `The image cannot be labelled: ${name} must be ${expected}.`,
    });
  assertOptions('metadata', metadata ?? {}, checks, refuse);
  return metadata ?? {};
}

/** The labels of an upload, in the service's own names. */
export function metadataBody(metadata: UploadMetadata): Partial<CreateBody> {
  const { purpose, customMetadata, idempotencyKey, fileName } = metadata;
  return definedOf({
    file_name: fileName,
    purpose,
    // Labels from fields that the client left out.
    custom_metadata: customMetadata && definedOf(customMetadata),
    idempotency_key: idempotencyKey,
  });
}
