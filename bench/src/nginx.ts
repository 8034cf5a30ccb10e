import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listen } from './arms/listen.ts';

/** A running nginx that hands uploads on as they arrive. */
export interface Nginx {
  readonly url: string;
  /** User and system time since it was started, milliseconds. */
  cpuMs(): Promise<number>;
  end(): Promise<void>;
}

/** Of Linux on every architecture that Node has: clock ticks of `/proc/<pid>/stat` in a second. */
const TICKS_PER_SECOND = 100;
const POLL_MS = 20;

/** In front of these, `host:port`. The settings are those of packages/core/docs/security.md. @throws where nginx is not installed */
export async function startNginx(hosts: readonly string[]): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const port = await freePort();
  const path = join(folder, 'nginx.conf');
  await writeFile(path, configOf(folder, port, hosts));
  const nginx = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', path], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await once(nginx, 'spawn');
  while (!(await accepts(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx has ended with ${nginx.exitCode}`);
    await sleep(POLL_MS);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    cpuMs: async () => {
      const stat = await readFile(`/proc/${nginx.pid}/stat`, 'utf8');
      const [user, system] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number);
      return (((user ?? 0) + (system ?? 0)) * 1000) / TICKS_PER_SECOND;
    },
    end: async () => {
      const gone = once(nginx, 'exit');
      if (nginx.kill()) await gone;
      await rm(folder, { recursive: true });
    },
  };
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

const configOf = (folder: string, port: number, hosts: readonly string[]): string => `
daemon off;
master_process off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  upstream app {
    least_conn;
    ${hosts.map((host) => `server ${host};`).join('\n    ')}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection '';
      proxy_request_buffering off;
      client_max_body_size 0;
    }
  }
}
`;

async function freePort(): Promise<number> {
  const server = await listen(createServer());
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const ready = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return ready;
}
