import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import type { ImportItem } from '@imgwire/bullmq';
import { parse } from 'csv-parse';

/** The rows of a CSV file as items, read lazily. @throws Error for a file that cannot be read, or is not CSV */
export async function* itemsOf(path: string): AsyncGenerator<ImportItem> {
  const parser = parse({ columns: true, bom: true, trim: true, skip_empty_lines: true });
  const rows = pipeline(createReadStream(path), parser, () => undefined);
  for await (const { url = '', file_name: fileName, purpose } of rows as AsyncIterable<
    Record<string, string>
  >) {
    yield { url, ...(fileName && { fileName }), ...(purpose && { purpose }) };
  }
}
