import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What to import, and the concurrency. */
export interface Settings {
  readonly kind: 'folder' | 'csv';
  readonly path: string;
  readonly concurrency: number;
}

const USAGE = `Imports images into Imgwire.

  npm run example:import -- --folder DIR        every file in DIR and below
  npm run example:import -- --csv FILE          a column "url", and "file_name" and "purpose" if you like
                          [ --concurrency 8 ]   how many at once

To try it with images that are here:

  npm run example:import -- --folder docs/screenshots

Set IMGWIRE_API_KEY for the real service. Ctrl-C stops; the same command again goes on.`;

/** Parses the command line; prints the usage and exits if it is empty or invalid. */
export function readArguments(args: readonly string[]): Settings {
  if (args.length === 0) {
    console.info(USAGE);
    return process.exit(0);
  }
  try {
    return read(args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

function read(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      folder: { type: 'string' },
      csv: { type: 'string' },
      concurrency: { type: 'string', default: '8' },
    },
  });
  const { folder, csv } = values;
  const path = folder ?? csv;
  if (!path || (folder && csv)) throw new Error('Give either --folder or --csv.');
  const concurrency = Number(values.concurrency);
  if (!Number.isInteger(concurrency) || concurrency < 1) throw new Error('--concurrency must be 1 or more.');
  // npm runs scripts at the top of the repository; INIT_CWD is where the user was.
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const at = resolve(from, path);
  if (!existsSync(at)) throw new Error(`There is no ${at}.`);
  return { kind: folder ? 'folder' : 'csv', path: at, concurrency };
}
