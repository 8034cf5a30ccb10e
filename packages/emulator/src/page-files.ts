import { readFile } from 'node:fs/promises';

/** The folder lies beside `src` in a checkout, and beside `dist` in the package. */
const FOLDER = new URL('../page/', import.meta.url);

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

/** A file of the page, and its media type. */
export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Reads a file of the page by its name; undefined if there is none. */
export async function readPageFile(name: string): Promise<PageFile | undefined> {
  const extension = /^[a-z-]+\.(html|css|js|svg)$/.exec(name)?.[1] as keyof typeof TYPES | undefined;
  if (!extension) return undefined;
  try {
    return { type: TYPES[extension], body: await readFile(new URL(name, FOLDER)) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
