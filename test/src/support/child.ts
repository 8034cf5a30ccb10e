import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The first line of its output. */
  readonly line: string;
}

/**
 * Starts a script of `children/` in a separate Node process, with flags, and waits for its first line of output.
 *
 * @param fileSize the longest file that it may write, bytes
 */
export async function startChild(
  script: string,
  options: object,
  flags: readonly string[] = [],
  fileSize?: number,
): Promise<Child> {
  const path = fileURLToPath(new URL(`./children/${script}`, import.meta.url));
  // POSIX: in units of 512 bytes.
  const limit = fileSize === undefined ? '' : `ulimit -f ${fileSize / 512}; `;
  const command = [process.execPath, ...flags, '--import', 'tsx', path, JSON.stringify(options)];
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], {
    // Its input ends when this process does, in whatever way: see `end-with-parent.ts`.
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${script} has ended without a line of output: ${code ?? signal}`);
  });
  const [first] = (await Promise.race([once(child.stdout, 'data'), ended])) as [Buffer];
  return { process: child, pid: Number(child.pid), line: first.toString().trim() };
}

/** Kills a child process and waits for its exit. */
export async function endChild(child: Child, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.process.exitCode !== null || child.process.signalCode !== null) return;
  const gone = once(child.process, 'exit');
  child.process.kill(signal);
  await gone;
}
