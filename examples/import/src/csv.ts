import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import type { UploadViaUrlInput } from '@imgwire/core';
import { parse } from 'csv-parse';

/**
 * The rows of a CSV file as imports, read lazily. `uploadViaUrlMany` derives their idempotency key from the
 * URL.
 */
export async function* importsOf(path: string): AsyncGenerator<UploadViaUrlInput> {
  for await (const row of rowsOf(path)) {
    const { url = '', file_name: fileName, purpose } = row;
    yield { url, ...(fileName && { fileName }), ...(purpose && { purpose }) };
  }
}

/**
 * The rows of the file, by column.
 *
 * @throws Error from the iteration, without a column `url` or for a file that is not CSV
 */
export function rowsOf(path: string): AsyncIterable<Readonly<Record<string, string | undefined>>> {
  const columns = (header: string[]): string[] => {
    if (header.includes('url')) return header;
    throw new Error(`${path} has no column "url".`);
  };
  // A row that is too short or too long fails by itself, and does not end the import.
  const parser = parse({ columns, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true });
  // An error at either end destroys the other, and is thrown from the reading loop.
  return pipeline(createReadStream(path), parser, () => undefined);
}
