import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import type { UploadViaUrlInput } from '@imgwire/core';
import { parse } from 'csv-parse';

/**
 * The rows of a CSV file as imports, read as they are needed. Their idempotency key is made of the URL by
 * `uploadViaUrlMany`.
 */
export async function* importsOf(path: string): AsyncGenerator<UploadViaUrlInput> {
  for await (const row of rowsOf(path)) {
    const { url = '', file_name: fileName, purpose } = row;
    yield { url, ...(fileName && { fileName }), ...(purpose && { purpose }) };
  }
}

/**
 * Rows as they are in the file, by column.
 *
 * @throws Error from the iteration, without a column `url` or for a file that is no CSV
 */
export function rowsOf(path: string): AsyncIterable<Readonly<Record<string, string | undefined>>> {
  const columns = (header: string[]): string[] => {
    if (header.includes('url')) return header;
    throw new Error(`${path} has no column "url".`);
  };
  // A row that is too short or too long is its own failure, not the end of the import.
  const parser = parse({ columns, bom: true, trim: true, skip_empty_lines: true, relax_column_count: true });
  // An error of either end destroys the other, and comes out of the loop that reads.
  return pipeline(createReadStream(path), parser, () => undefined);
}
