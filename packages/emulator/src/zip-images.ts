import type { PassThrough, Readable } from 'node:stream';
// yazl: of the pair of libraries that most zip tools on npm build on; streams, zip64, no native code.
import { ZipFile } from 'yazl';
import type { ImageEntry } from './image-record.ts';
import type { ByteStore, StoredBytes } from './store/byte-store.ts';

/**
 * The originals as one zip stream. Images are compressed already, so the zip only stores them. The stream fails if an image is deleted
 * before it is read. If you destroy it, the image that is being read is closed too.
 */
export function zipImages(entries: readonly ImageEntry[], bytes: ByteStore): Readable {
  const zip = new ZipFile();
  const out = zip.outputStream as PassThrough;
  const nameOf = uniqueNames();
  let open: Readable | undefined;
  const fail = (error: Error): void => void out.destroy(error);
  for (const { record, stored } of entries) {
    if (!stored) continue;
    const options = { compress: false, size: stored.sizeBytes, mtime: new Date(record.created_at) };
    zip.addReadStreamLazy(nameOf(record), options, (use) => {
      // yazl only pipes: it neither hears that a source fails, nor closes one when nobody reads on.
      open = out.destroyed ? undefined : openImage(bytes, stored, fail);
      if (open) use(null, open);
    });
  }
  zip.once('error', fail);
  out.once('close', () => open?.destroy());
  zip.end();
  return out;
}

function openImage(
  bytes: ByteStore,
  stored: StoredBytes,
  fail: (error: Error) => void,
): Readable | undefined {
  try {
    return bytes.stream(stored).once('error', fail);
  } catch (error) {
    fail(error as Error);
    return undefined;
  }
}

/** A name without folders, so that unpacking stays within its folder. */
function safeName(name: string, id: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
  const clean = last.replace(/[\u0000-\u001f<>:"|?*]/g, '_').slice(-200);
  return /^\.*$/.test(clean) ? id : clean;
}

/** Names that differ in more than their case. The count of each is kept: thousands of images may have one name. */
function uniqueNames(): (record: ImageEntry['record']) => string {
  const taken = new Map<string, number>();
  return ({ original_filename, id }) => {
    const name = safeName(original_filename, id);
    let unique = name;
    let count = taken.get(name.toLowerCase()) ?? 1;
    while (taken.has(unique.toLowerCase())) {
      count += 1;
      unique = name.replace(/(\.[^.]*)?$/, (extension) => ` (${count})${extension}`);
    }
    taken.set(unique.toLowerCase(), 1);
    taken.set(name.toLowerCase(), count);
    return unique;
  };
}
