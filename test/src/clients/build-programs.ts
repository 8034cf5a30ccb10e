import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLASS_PATH, INTERPRETERS, SOURCES } from './drivers/languages.ts';
import { run } from './drivers/programs.ts';

/** Compiles what is not a script, once for all suites. */
export async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'programs-'));
  process.env['CLIENT_PROGRAMS'] = directory;
  try {
    await Promise.all([requireScripts(), compileJava(directory), compileGo(directory)]);
  } catch (cause) {
    const packages = await readFile(new URL('debian-packages', import.meta.url), 'utf8');
    const missing = `apt-get install ${packages.trim().replaceAll('\n', ' ')}`;
    throw new Error(`The clients outside of Node are missing: ${missing}`, { cause });
  }
  return () => rm(directory, { recursive: true });
}

/** What each language must load. */
const LOADED = {
  python: ['-c', 'import requests, httpx, aiohttp'],
  php: [
    '-r',
    'curl_init(); require "GuzzleHttp/autoload.php"; require "Symfony/Component/Mime/autoload.php";',
  ],
  ruby: ['-e', 'require "faraday"; require "http"; require "rest-client"'],
  perl: ['-MLWP', '-e', '1'],
};

async function requireScripts(): Promise<void> {
  await run('curl', ['--version']);
  for (const language of ['python', 'php', 'ruby', 'perl'] as const) {
    const [interpreter, ...options] = INTERPRETERS[language];
    await run(interpreter, [...options, ...LOADED[language]]);
  }
}

async function compileJava(directory: string): Promise<void> {
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.java'));
  await run('/usr/bin/javac', [
    '-nowarn',
    '-cp',
    CLASS_PATH,
    '-d',
    directory,
    ...sources.map((name) => join(SOURCES, name)),
  ]);
}

async function compileGo(directory: string): Promise<void> {
  const env = { ...process.env, GO111MODULE: 'off', GOCACHE: join(directory, 'go-cache') };
  await run('/usr/bin/go', ['build', '-o', join(directory, 'send-go'), join(SOURCES, 'send.go')], undefined, {
    env,
  });
}
