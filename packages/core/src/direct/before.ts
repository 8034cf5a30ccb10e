import { ImgwireError } from '../errors.ts';
import { canonicalImageType, extensionOf, IMAGE_TYPES, type ImageType } from '../inspect/inspect.ts';
import { formatBytes } from '../options/units.ts';
import { displayName } from '../receive/base-name.ts';
import { fieldRules, requireFiles } from '../receive/field-rules.ts';
import { addField, type FormFields, fieldName } from '../receive/fields.ts';
import type { FileInfo, FileRules, ResolvedRules } from '../rules/rules.ts';
import { acceptImage, unsupported } from '../upload/accept.ts';
import { inMemory } from '../upload/replay/replayable-body.ts';
import type { DeclaredFile } from './request.ts';

/** A file that may be uploaded, as far as can be said before. */
export interface AcceptedFile {
  readonly info: FileInfo;
  readonly size: number;
  readonly rules: FileRules;
}

/**
 * Decides on files before anything exists, by the rules of a form and with its codes. Their first bytes are looked at if the client
 * sent them; else their declared type and their name count. What they really are is judged after the upload.
 *
 * @throws ImgwireError the codes of a form: `LIMIT_*`, `EMPTY_FILE`, `UNSUPPORTED_IMAGE_TYPE`, `TOO_MANY_PIXELS`, `IMAGE_TOO_SMALL`,
 *   `PIXELS_UNKNOWN`, `FILE_REQUIRED`
 */
export async function acceptFiles(
  rules: ResolvedRules<never>,
  files: readonly DeclaredFile[],
  texts: Readonly<Record<string, string>>,
): Promise<AcceptedFile[]> {
  const { limits } = rules;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > limits.requestSize) throw tooLarge('LIMIT_REQUEST_SIZE', 'The request', limits.requestSize);
  const fields = readFields(texts, rules);
  const rulesOf = fieldRules(rules);
  // Fields and counts first, as in a form that arrives at once.
  const known = files.map((file, at) => {
    if (at >= limits.files) throw tooMany('LIMIT_FILE_COUNT', limits.files, 'file');
    const name = {
      fieldname: fieldName(file.field || undefined, limits),
      originalname: displayName(file.name),
    };
    return { file, name, own: rulesOf(name) };
  });
  const accepted: AcceptedFile[] = [];
  for (const { file, name, own } of known) {
    const { fieldname, originalname } = name;
    try {
      const image = await acceptFile(file, own);
      const shown = originalname || `upload.${extensionOf(image.mimetype)}`;
      accepted.push({
        info: { fieldname, originalname: shown, ...image, fields },
        size: file.size,
        rules: own,
      });
    } catch (error) {
      if (!(error instanceof ImgwireError)) throw error;
      const { code, message } = error;
      throw new ImgwireError(code, { message, field: fieldname, fileName: originalname });
    }
  }
  requireFiles(
    rules,
    accepted.map(({ info }) => info),
  );
  return accepted;
}

/** What the first bytes say. */
type ImageFacts = Pick<FileInfo, 'mimetype' | 'width' | 'height' | 'orientation'>;

/** In the order of a form, where a file is read until something is wrong with it. */
async function acceptFile(file: DeclaredFile, rules: FileRules): Promise<ImageFacts> {
  const { size, head } = file;
  if (size === 0) throw new ImgwireError('EMPTY_FILE');
  const assertSize = (): void => {
    if (size > rules.fileSize) throw tooLarge('LIMIT_FILE_SIZE', 'The file', rules.fileSize);
  };
  // A form reads so much of a file before it looks at it.
  if (rules.fileSize < rules.readAheadBytes) assertSize();
  const image = head ? await acceptHead(head, size, rules) : { mimetype: acceptType(file, rules) };
  assertSize();
  return image;
}

async function acceptHead(bytes: Uint8Array, size: number, rules: FileRules): Promise<ImageFacts> {
  const whole = size <= bytes.length;
  const image = acceptImage({ bytes, ended: whole, isSlow: false, isCounted: false }, rules);
  if (whole) await image.end(inMemory(bytes, 'read-ahead'));
  return { mimetype: image.mimetype, ...image.size() };
}

function acceptType({ type, name }: DeclaredFile, rules: FileRules): ImageType {
  const found = canonicalImageType(type) ?? typeOfName(name);
  if (!found || !rules.accept.includes(found)) throw unsupported(rules);
  return found;
}

/** Browsers know no type for some of the ten, such as JPEG XL. */
function typeOfName(name: string): ImageType | undefined {
  const [, extension = ''] = /\.([a-z]+)$/i.exec(name) ?? [];
  return (
    canonicalImageType(`image/${extension}`) ??
    IMAGE_TYPES.find((type) => extensionOf(type) === extension.toLowerCase())
  );
}

function readFields(texts: Readonly<Record<string, string>>, { limits }: ResolvedRules<never>): FormFields {
  const fields: FormFields = Object.create(null) as FormFields;
  const given = Object.entries(texts);
  if (given.length > limits.fields) throw tooMany('LIMIT_FIELD_COUNT', limits.fields, 'text field');
  for (const [name, value] of given) {
    if (value.length > limits.fieldSize) throw new ImgwireError('LIMIT_FIELD_VALUE', { field: name });
    addField(fields, fieldName(name || undefined, limits), value, limits);
  }
  return fields;
}

const tooLarge = (code: 'LIMIT_FILE_SIZE' | 'LIMIT_REQUEST_SIZE', what: string, most: number): ImgwireError =>
  new ImgwireError(code, { message: `${what} is larger than ${formatBytes(most)}.` });

const tooMany = (code: 'LIMIT_FILE_COUNT' | 'LIMIT_FIELD_COUNT', most: number, what: string): ImgwireError =>
  new ImgwireError(code, { message: `At most ${most} ${what}${most === 1 ? '' : 's'}.` });
