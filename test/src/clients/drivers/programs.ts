import { type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onDisk, type PartOnDisk } from './on-disk.ts';
import type { Received, Send } from './send.ts';

/** Runs a program that is not of Node, and answers what it writes. */
export async function run(
  program: string,
  args: readonly string[],
  input: { readonly text: string } | { readonly path: string } = { text: '' },
  options: Pick<SpawnOptions, 'env'> = {},
): Promise<string> {
  const child = spawn(program, args, { ...options, stdio: 'pipe' });
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

/** A program that reads a form from each line of its input, and writes a line for each response. */
export interface Program {
  send(url: string, parts: readonly PartOnDisk[]): Promise<Received>;
  /** Kills it and what it has started, and waits for its end. */
  kill(): Promise<void>;
}

/** Starts a program that sends forms. */
export function startProgram(
  [file = '', ...args]: readonly string[],
  options: Pick<SpawnOptions, 'env'> = {},
): Program {
  // In a group of its own, to be killed with its children.
  const child = spawn(file, args, { ...options, stdio: 'pipe', detached: true });
  const closed = once(child, 'close');
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  // It may have ended: then there is no line from it.
  child.stdin.on('error', () => undefined);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    send: async (url, parts) => {
      child.stdin.write(`${JSON.stringify({ url, parts })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`${[file, ...args].join(' ')} has ended: ${errors}`);
      return JSON.parse(value) as Received;
    },
    kill: async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
      await closed;
    },
  };
}

const running = new Set<Program>();

/** A client that is such a program. It is started with its first form, and takes the others, too. */
export function program(...command: readonly string[]): Send {
  let started: Program | undefined;
  const send: Send = (url, parts) =>
    onDisk(parts, async (onesOnDisk) => {
      started ??= startProgram(command);
      running.add(started);
      try {
        return await started.send(url, onesOnDisk);
      } catch (error) {
        started = undefined;
        throw error;
      }
    });
  return Object.assign(send, { command });
}

/** Ends the programs that have sent forms. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((one) => one.kill()));
}
