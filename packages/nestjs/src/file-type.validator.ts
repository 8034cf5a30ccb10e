import { FileTypeValidator, type FileValidator } from '@nestjs/common';

/** What a pipe calls of a validator. */
export type Validates = Pick<FileValidator, 'buildErrorMessage' | 'isValid'>;

/**
 * Lets Nest's `FileTypeValidator` judge the type that was read from the bytes. Since Nest 10.4.16 and 11.0.16 it reads a buffer, and
 * without one refuses every file. Other validators are returned as they are, and so is a class whose `isValid()` is its own.
 */
export function withoutBuffer(validator: FileValidator): Validates {
  if (!isOfNest(validator)) return validator;
  const judge = withOptions(validator, { skipMagicNumbersValidation: true });
  const { buildErrorMessage } = FileTypeValidator.prototype;
  return {
    isValid: (file) => judge.isValid(file as never),
    // A message of the application's own class may need its private fields.
    buildErrorMessage: (file: never) =>
      (validator.buildErrorMessage === buildErrorMessage ? judge : validator).buildErrorMessage(file),
  };
}

/** Whether a validator refuses every file that has no buffer, whatever its type. */
export async function needsBuffer(validator: FileValidator): Promise<boolean> {
  if (!isOfNest(validator)) return false;
  const anyType = withOptions(validator, { fileType: /(?:)/ });
  return !(await anyType.isValid({ mimetype: 'image/png', size: 1 }));
}

const isOfNest = (validator: FileValidator): validator is FileTypeValidator =>
  validator instanceof FileTypeValidator &&
  validator.isValid === FileTypeValidator.prototype.isValid &&
  // Nest's own validator accepts everything without options.
  Boolean(validator['validationOptions']);

/** The same validator with other options. The application's own is not changed: another pipe may have it too. */
function withOptions(
  validator: FileTypeValidator,
  options: Partial<FileTypeValidator['validationOptions']>,
): FileTypeValidator {
  const validationOptions = { ...validator['validationOptions'], ...options };
  return Object.create(validator, { validationOptions: { value: validationOptions } }) as FileTypeValidator;
}
