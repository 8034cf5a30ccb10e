import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';

/** Where Debian has it; another one in the PATH lacks Debian's modules. */
export const PYTHON = '/usr/bin/python3';

/** Runs a program that is not of Node, and answers what it writes. */
export async function run(
  program: string,
  args: readonly string[],
  input: { readonly text: string } | { readonly path: string } = { text: '' },
): Promise<string> {
  const child = spawn(program, args);
  const from = 'path' in input ? createReadStream(input.path) : Readable.from([input.text]);
  // It may end before it has read all: then its exit code tells.
  child.stdin.on('error', () => undefined);
  from.pipe(child.stdin);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return output;
}

/** @throws Error that says what to install */
export async function requirePrograms(): Promise<void> {
  try {
    await run('curl', ['--version']);
    await run(PYTHON, ['-c', 'import requests, httpx, aiohttp']);
  } catch (cause) {
    const packages = 'curl python3-requests python3-httpx python3-aiohttp';
    throw new Error(`The clients outside of Node are missing: apt-get install ${packages}`, { cause });
  }
}
