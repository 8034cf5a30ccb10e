import { PassThrough, type Readable } from 'node:stream';
// yazl: of the pair of libraries that most zip tools on npm build on; streams, zip64, no native code.
import { ZipFile } from 'yazl';
import type { ImageEntry } from './image-record.ts';
import type { ByteStore } from './store/byte-store.ts';

/**
 * The originals as one zip stream. Images are already compressed, so they are only
 * stored.
 */
export function zipImages(entries: readonly ImageEntry[], bytes: ByteStore): Readable {
  const zip = new ZipFile();
  const taken = new Set<string>();
  for (const { record, stored } of entries) {
    if (!stored) continue;
    const name = uniqueName(safeName(record.original_filename, record.id), taken);
    const options = { compress: false, size: stored.sizeBytes, mtime: new Date(record.created_at) };
    zip.addReadStreamLazy(name, options, (use) => use(null, bytes.stream(stored)));
  }
  zip.end();
  const out = new PassThrough();
  zip.on('error', (error: Error) => out.destroy(error));
  zip.outputStream.pipe(out);
  return out;
}

/** A name without folders, so that unpacking stays within its folder. */
function safeName(name: string, id: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
  const clean = last.replace(/[\u0000-\u001f<>:"|?*]/g, '_').slice(-200);
  return /^\.*$/.test(clean) ? id : clean;
}

function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let count = 2; taken.has(unique.toLowerCase()); count += 1) {
    unique = name.replace(/(\.[^.]*)?$/, (extension) => ` (${count})${extension}`);
  }
  taken.add(unique.toLowerCase());
  return unique;
}
