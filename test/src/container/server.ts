import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Condition } from './conditions.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ENTER = fileURLToPath(new URL('./enter.sh', import.meta.url));
const SERVER = fileURLToPath(new URL('../support/children/observed-upload-server.ts', import.meta.url));

/** A line that the server has told: a warning, a failure that somebody has to mend, or a record reported as left behind. */
export interface Told {
  readonly kind: 'warning' | 'fault' | 'left';
  readonly code?: string;
  /** The code of its cause, such as EMFILE. */
  readonly cause?: string;
}

/** An upload server under a condition. */
export interface ConfinedServer {
  readonly url: string;
  /** What it has told, newest last. */
  readonly told: Told[];
  /** Whether its process is still there. */
  isUp(): boolean;
  /** Its temporary files that are open. */
  temporaryFiles(): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * Starts one, after it was tested that the condition holds.
 *
 * @param options of its connection
 * @throws Error where the machine cannot give the condition
 */
export async function startConfined(condition: Condition, options: object): Promise<ConfinedServer> {
  const folders = await makeFolders();
  // Empty for everybody but the server: what is mounted there is seen in its namespace alone.
  const removeFolders = async (): Promise<void> => {
    await Promise.all(Object.values(folders).map((folder) => rmdir(folder)));
  };
  try {
    await assertHolds(condition, folders);
    return await start(condition, folders, options, removeFolders);
  } catch (error) {
    await removeFolders();
    throw error;
  }
}

async function start(
  condition: Condition,
  folders: Folders,
  options: object,
  onClosed: () => Promise<void>,
): Promise<ConfinedServer> {
  const { heap, maxConnections } = condition;
  const [command, ...args] = confined(condition, folders, [
    process.execPath,
    ...(heap === undefined ? [] : [`--max-old-space-size=${heap}`]),
    ...['--import', 'tsx', SERVER, JSON.stringify({ ...options, maxConnections })],
  ]);
  const child = spawn(command, args, {
    cwd: ROOT,
    // The loader would write into the temporary folder.
    env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const { told, rest } = listen(child);
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The server ended with ${code ?? signal}: ${rest.join('\n')}`);
  });
  ended.catch(() => undefined);
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  const isUp = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    url,
    told,
    isUp,
    temporaryFiles: () => temporaryFiles(Number(child.pid)),
    close: async () => {
      const gone = once(child, 'exit');
      if (isUp() && child.kill()) await gone;
      await onClosed();
    },
  };
}

type Folders = Readonly<Record<'root' | 'volume', string>>;

async function makeFolders(): Promise<Folders> {
  // Not in memory, which a volume is not; and not in a `/tmp`, which is not there any more when it is needed.
  const make = (): Promise<string> => mkdtemp('/var/tmp/imgwire-');
  return { root: await make(), volume: await make() };
}

function confined(
  { descriptors, folder }: Condition,
  { root, volume }: Folders,
  command: readonly string[],
): [string, ...string[]] {
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const limited = ['sh', '-c', `${limit}exec "$0" "$@"`, ...command] as const;
  if (!folder) return [...limited];
  return ['unshare', '--user', '--map-root-user', '--mount', 'sh', ENTER, root, folder, volume, ...limited];
}

/** Prints what a process may do: its user, its descriptors, and whether it can write to the checkout, the root and `/tmp`. */
const PROBE = `
  writes() { if (echo probe > "$1/imgwire-probe") 2> /dev/null; then rm "$1/imgwire-probe"; echo true; else echo false; fi; }
  echo "[$(id -u), $(ulimit -n), $(writes .), $(writes ''), $(writes "\${TMPDIR:-/tmp}")]"`;

async function assertHolds(condition: Condition, folders: Folders): Promise<void> {
  const { descriptors, folder } = condition;
  const [command, ...args] = confined(condition, folders, ['sh', '-c', PROBE]);
  const { stdout } = await run(command, args, { cwd: ROOT }).catch((cause: unknown) => {
    throw new Error('This machine does not let its users open a user and a mount namespace', { cause });
  });
  const [user, limit, ...writes] = JSON.parse(stdout) as [number, number, boolean, boolean, boolean];
  const isWritable = folder === 'memory' || folder === 'volume';
  const holds =
    (descriptors ?? limit) === limit &&
    (!folder || (user !== 0 && writes.join() === `false,false,${isWritable}`));
  if (!holds) throw new Error(`The condition does not hold: ${stdout}`);
}

/** Reads what the server tells, and what else it prints: the reason of its end. */
function listen(child: ChildProcess): { readonly told: Told[]; readonly rest: string[] } {
  const told: Told[] = [];
  const rest: string[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on('line', (line) => {
      if (line.startsWith('{"kind"')) told.push(JSON.parse(line) as Told);
      else rest.push(line);
    });
  }
  return { told, rest };
}

async function temporaryFiles(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const targets = await Promise.all(
    (await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')),
  );
  return targets.filter((target) => target.includes('/imgwire-upload-'));
}
