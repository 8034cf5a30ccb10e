import { createHash } from 'node:crypto';
import { createReadStream, openAsBlob, type ReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import type { UploadInput } from '@imgwire/core';

/** Every file in a folder and below, sorted by name; dotfiles are skipped. */
export async function* filesOf(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesOf(path);
    else if (entry.isFile()) yield path;
  }
}

/** The files as uploads. Their path below the folder is stored at Imgwire as custom metadata. */
export async function* uploadsOf(folder: string): AsyncGenerator<UploadInput> {
  for await (const file of filesOf(folder)) yield await uploadOf(folder, file);
}

async function uploadOf(folder: string, file: string): Promise<UploadInput> {
  const path = relative(folder, file).split(sep).join('/');
  const stats = await stat(file).catch(() => undefined);
  return {
    file: await open(file),
    fileName: basename(file),
    customMetadata: { path },
    idempotencyKey: keyOf(path, stats?.size, stats?.mtimeMs),
  };
}

/** A file that cannot be opened fails as an item, with its reason, and does not end the import. */
async function open(file: string): Promise<Blob | ReadStream> {
  try {
    return await openAsBlob(file);
  } catch {
    return createReadStream(file);
  }
}

/** The same for an unchanged file. Not derived from its bytes: two files with the same bytes stay two images. */
function keyOf(...facts: readonly (string | number | undefined)[]): string {
  return `file-${createHash('sha256').update(facts.join('\n')).digest('hex')}`;
}
