import type { Cancellation } from '../cancellation.ts';
import { type FormIssue, ImgwireError } from '../errors.ts';
import type { FormSchema, SchemaIssue } from '../rules/form-schema.ts';
import { untilAborted } from '../service/deadline.ts';
import type { FormFields } from './fields.ts';

/** The text fields of a form that is being read. */
interface ArrivingFields {
  readonly fields: FormFields;
  /** How many texts have come. */
  readonly texts: number;
}

/** Checks the text fields of one form against the schema of its rules. Each method throws what the schema throws. */
export interface FieldCheck {
  /**
   * Before a file: rejects texts that have come since the last check, and that nothing behind the file can make right.
   *
   * @throws ImgwireError `INVALID_FORM`
   */
  readonly beforeFile: () => Promise<void>;
  /** At the end of the form: returns the output of the schema. @throws ImgwireError `INVALID_FORM` */
  readonly atEnd: () => Promise<unknown>;
}

/** Creates the check of one form. @param signal ends it, whatever the schema waits for */
export function checkFields(
  { '~standard': standard }: FormSchema,
  form: ArrivingFields,
  signal: Cancellation,
): FieldCheck {
  const validate = () => untilAborted(signal, () => standard.validate(form.fields));
  let checked = 0;
  return {
    beforeFile: async () => {
      if (form.texts === checked) return;
      checked = form.texts;
      const { issues = [] } = await validate();
      const final = issues.map(toFormIssue).filter(({ path }) => leadsToText(form.fields, path));
      if (final.length > 0) throw invalidForm(final);
    },
    atEnd: async () => {
      const result = await validate();
      if (result.issues) throw invalidForm(result.issues.map(toFormIssue));
      return result.value;
    },
  };
}

/** What is missing may still come, and an object or a list may grow. A text that is there stays as it is. */
function leadsToText(fields: FormFields, path: FormIssue['path']): boolean {
  let value: unknown = fields;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false;
    value = (value as Readonly<Record<string | number, unknown>>)[key];
  }
  return typeof value === 'string';
}

function toFormIssue({ path = [], message }: SchemaIssue): FormIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return { path: keys.map((key) => (typeof key === 'symbol' ? String(key) : key)), message };
}

/** Most issues in an error: a form can have thousands, and the response is sent whole. */
const MOST_ISSUES = 100;

const invalidForm = (issues: readonly FormIssue[]): ImgwireError =>
  new ImgwireError('INVALID_FORM', { issues: issues.slice(0, MOST_ISSUES) });
