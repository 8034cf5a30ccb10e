import { ImgwireError } from '../errors.ts';
import type { FieldRules, FileRules, ResolvedRules } from '../rules/rules.ts';
import type { IncomingFile } from '../upload/store-file.ts';

/** What a file is known by before it is read. */
type NamedFile = Pick<IncomingFile, 'fieldname' | 'originalname'>;

/**
 * Returns the rules of a part's field, for the parts of one form in order.
 *
 * @throws ImgwireError `LIMIT_UNEXPECTED_FILE` for a field that takes no file, or no more
 */
export function fieldRules(rules: ResolvedRules<never>): (file: NamedFile) => FileRules {
  const { fields } = rules;
  if (!fields) return () => rules;
  const counts = new Map<string, number>();
  return ({ fieldname, originalname }) => {
    const field = fields.get(fieldname);
    const count = (counts.get(fieldname) ?? 0) + 1;
    counts.set(fieldname, count);
    if (!field || count > (field.maxCount ?? Number.POSITIVE_INFINITY)) {
      const message = field ? noMore(field) : `This field takes no file: send it in ${inFields(rules)}.`;
      throw new ImgwireError('LIMIT_UNEXPECTED_FILE', {
        message,
        field: fieldname,
        fileName: originalname,
      });
    }
    return field;
  };
}

const noMore = ({ name, maxCount }: FieldRules): string =>
  `The field "${name}" takes ${maxCount === 1 ? 'one file' : `${maxCount} files`}, but more were sent.`;

/** Lists the fields that take files, for a sentence. */
function inFields({ fields }: ResolvedRules<never>): string {
  return [...(fields?.keys() ?? [])].map((name) => `"${name}"`).join(' or ');
}

/**
 * Checks that a form had all required files.
 *
 * @param rejected why files were left out
 * @throws ImgwireError `FILE_REQUIRED`, or why the required file was rejected
 */
export function requireFiles(
  rules: ResolvedRules<never>,
  files: ReadonlyArray<{ readonly fieldname: string }>,
  rejected: readonly ImgwireError[] = [],
): void {
  const required = [...(rules.fields?.values() ?? [])].filter((field) => field.required);
  const missing = required.find(({ name }) => !files.some(({ fieldname }) => fieldname === name));
  if (missing || (rules.required && files.length === 0)) {
    const field = missing ? `"${missing.name}"` : inFields(rules);
    const message =
      field && `A required file is missing from the form: send it as a file in the field ${field}.`;
    const reason = rejected.find((error) => !missing || error.field === missing.name);
    throw reason ?? new ImgwireError('FILE_REQUIRED', { field: missing?.name, ...(message && { message }) });
  }
}
