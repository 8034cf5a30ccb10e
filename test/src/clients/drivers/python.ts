import { fileURLToPath } from 'node:url';
import { onDisk } from './on-disk.ts';
import { PYTHON, run } from './programs.ts';
import type { Received, Send } from './send.ts';

/** A script beside this file, which reads the form as JSON and writes the answer as JSON. */
export const python =
  (script: string): Send =>
  (url, parts) =>
    onDisk(parts, async (onesOnDisk) => {
      const path = fileURLToPath(new URL(script, import.meta.url));
      const output = await run(PYTHON, [path], { text: JSON.stringify({ url, parts: onesOnDisk }) });
      return JSON.parse(output) as Received;
    });
