import { onDisk, type PartOnDisk } from './on-disk.ts';
import { run } from './programs.ts';
import type { Send } from './send.ts';

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

const argumentsOf = (part: PartOnDisk, path?: string): string[] =>
  'value' in part
    ? ['--form-string', `${part.name}=${part.value}`]
    : ['--form', `${part.name}=@${path ?? part.path};filename=${quoted(part.fileName)};type=${part.type}`];

/** curl, with options of its command line. */
export const curl =
  (...options: string[]): Send =>
  (url, parts) =>
    onDisk(parts, async (onesOnDisk) =>
      toReceived(
        await run('curl', [...SHOW, ...options, ...onesOnDisk.flatMap((part) => argumentsOf(part)), url]),
      ),
    );

/** The last part is written to its standard input. */
export const curlFromStdin: Send = (url, parts) =>
  onDisk(parts, async (onesOnDisk) => {
    const last = onesOnDisk.at(-1);
    if (!last || 'value' in last) throw new Error('The last part of the form must be a file.');
    const form = onesOnDisk.flatMap((part) => argumentsOf(part, part === last ? '-' : undefined));
    return toReceived(await run('curl', [...SHOW, ...form, url], { path: last.path }));
  });

/** The body, and behind it the status on a line of its own. */
const SHOW = ['--silent', '--show-error', '--write-out', '\n%{http_code}'];

function toReceived(output: string): { status: number; text: string } {
  const at = output.lastIndexOf('\n');
  return { status: Number(output.slice(at)), text: output.slice(0, at) };
}
