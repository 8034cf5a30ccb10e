import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/**
 * What every scanner takes for a virus (https://www.eicar.org/download-anti-malware-testfile/). In two: else those of developers
 * would find it in this file.
 */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}', '$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');

/** A running scanner. */
export interface Clamd {
  readonly at: NetConnectOpts;
  close(): Promise<void>;
}

/** The protocol of clamd, as far as a scan of a stream needs it (clamd(8), INSTREAM). */
async function startStandIn(): Promise<Clamd> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.subarray(-4).equals(END))
        socket.end(received.includes(EICAR) ? 'stream: Eicar-Test FOUND\0' : 'stream: OK\0');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    at: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server.close(), 'close');
    },
  };
}

/** A chunk of no bytes, which ends the stream. */
const END = Buffer.alloc(4);

/** clamd itself. Its only signature is that of the test file: its own come from the internet. */
async function startClamd(): Promise<Clamd> {
  const folder = await mkdtemp(join(tmpdir(), 'clamd-'));
  const socket = join(folder, 'socket');
  await writeFile(join(folder, 'eicar.ndb'), `Eicar-Test:0:*:${Buffer.from(EICAR).toString('hex')}\n`);
  const settings = [`DatabaseDirectory ${folder}`, `LocalSocket ${socket}`, 'Foreground yes'];
  await writeFile(join(folder, 'clamd.conf'), `${settings.join('\n')}\n`);
  const child: ChildProcess = spawn('clamd', ['-c', join(folder, 'clamd.conf')], { stdio: 'ignore' });
  while (child.exitCode === null && !(await accepts(socket))) await setTimeout(20);
  return {
    at: { path: socket },
    close: async () => {
      if (child.exitCode === null && child.kill()) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function accepts(path: string): Promise<boolean> {
  const socket = connect({ path });
  return new Promise((resolve) => {
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

const hasClamd = spawnSync('clamd', ['--version']).status === 0;

/** The scanners: clamd itself where it is installed, such as from Debian's `clamav-daemon`. */
export const CLAMDS: ReadonlyArray<{ readonly name: string; start(): Promise<Clamd> }> = [
  { name: 'what speaks its protocol', start: startStandIn },
  ...(hasClamd ? [{ name: 'clamd', start: startClamd }] : []),
];
