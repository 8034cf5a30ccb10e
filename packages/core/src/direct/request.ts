import { ImgwireError } from '../errors.ts';
import { filesOf } from '../rules/file-counts.ts';
import { DEFAULT_LIMITS } from '../rules/resolve-rules.ts';
import type { UploadRules } from '../rules/rules.ts';
import { fromBase64Url } from './ticket.ts';

/** A file that a browser would upload, as it declares it. */
export interface DeclaredFile {
  readonly name: string;
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  readonly field: string;
  /** Its first bytes, at most 4 KiB; undefined if the client did not send them. */
  readonly head: Uint8Array | undefined;
}

/** One of the three requests to the endpoint. */
export type DirectRequest =
  | { readonly files: readonly DeclaredFile[]; readonly fields: Readonly<Record<string, string>> }
  | { readonly completed: readonly string[] }
  | { readonly cancelled: readonly string[] };

/** So many first bytes of a file tell its type, and mostly its dimensions. */
const HEAD_BYTES = 4 * 1024;
/** HEAD_BYTES in base64. */
const HEAD_CHARACTERS = 4 * Math.ceil(HEAD_BYTES / 3);

/** The largest body of a request to an endpoint, in bytes: 8 KiB for each file, and 16 KiB for the text fields. */
export const directBodyBytes = (rules: Pick<UploadRules<never>, 'limits' | 'fields'>): number =>
  16 * 1024 + 8 * 1024 * filesOf(rules, DEFAULT_LIMITS.files);

/**
 * Reads the body of a request: `{ files, fields? }`, `{ completed }` or `{ cancelled }`.
 *
 * @param most files in a request
 * @throws ImgwireError `INVALID_REQUEST`
 */
export function readDirectRequest(body: unknown, most: number): DirectRequest {
  const { files, fields, completed, cancelled } = Object(body) as Record<string, unknown>;
  const kinds = [files, completed, cancelled].filter((kind) => kind !== undefined);
  if (kinds.length !== 1 || !Array.isArray(kinds[0]) || kinds[0].length === 0) throw invalid(EXPECTED);
  if (files !== undefined) return { files: (files as unknown[]).map(fileOf), fields: fieldsOf(fields) };
  const tickets = kinds[0].map(textOf);
  if (tickets.length > most) throw invalid(`At most ${most} uploads in a request.`);
  return completed === undefined ? { cancelled: tickets } : { completed: tickets };
}

const EXPECTED =
  'Send { "files": […] }, { "completed": […] } or { "cancelled": […] } as application/json, with at least one in it.';

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw invalid(EXPECTED);
}

function fileOf(value: unknown): DeclaredFile {
  const { name, type, size, field = 'file', head } = Object(value) as Record<string, unknown>;
  if (typeof name !== 'string' || typeof type !== 'string' || typeof field !== 'string') {
    throw invalid('Each of the files needs a name, a type and a size.');
  }
  if (!Number.isSafeInteger(size) || Number(size) < 0)
    throw invalid('The size of a file is its number of bytes.');
  return { name, type, size: Number(size), field, head: headOf(head) };
}

function headOf(value: unknown): Uint8Array | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && value.length <= HEAD_CHARACTERS) {
    try {
      return fromBase64Url(value);
    } catch {
      // It is no base64.
    }
  }
  throw invalid('The head of a file is its first 4,096 bytes at most, in base64.');
}

function fieldsOf(value: unknown = {}): Record<string, string> {
  const fields = Object(value) as Record<string, unknown>;
  if (fields !== value || Object.values(fields).some((text) => typeof text !== 'string'))
    throw invalid('The fields are an object of texts.');
  return fields as Record<string, string>;
}

const invalid = (message: string): ImgwireError => new ImgwireError('INVALID_REQUEST', { message });
