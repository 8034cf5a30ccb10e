import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Part } from '../../support/client.ts';
import { typeOf } from './send.ts';

/** A part of a form, whose bytes are in a file. */
export type PartOnDisk =
  | { readonly name: string; readonly value: string }
  | { readonly name: string; readonly fileName: string; readonly type: string; readonly path: string };

/** Puts the bytes of a form into files while `use` is busy: programs of their own take no Buffer. */
export async function onDisk<Result>(
  parts: readonly Part[],
  use: (parts: readonly PartOnDisk[]) => Promise<Result>,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'clients-'));
  const put = async (part: Part, index: number): Promise<PartOnDisk> => {
    if ('value' in part) return part;
    const { name, fileName, bytes } = part;
    const path = join(directory, String(index));
    await writeFile(path, bytes);
    return { name, fileName, type: typeOf(part), path };
  };
  try {
    return await use(await Promise.all(parts.map(put)));
  } finally {
    await rm(directory, { recursive: true });
  }
}
