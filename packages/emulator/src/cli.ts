import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { type EmulatorOptions, startEmulator } from './index.ts';
import { runProbe } from './probe/run-probe.ts';

const HELP = `imgwire-emulator: a local Imgwire for development and tests

Usage: imgwire-emulator [options]
       imgwire-emulator probe [options]   asks Imgwire itself: see imgwire-emulator probe --help

It prints its address and keys, serves until it is stopped, and shows what it holds at its
address in a browser. Point a client at it with its base URL option, or with

  IMGWIRE_API_BASE_URL=http://127.0.0.1:4010  IMGWIRE_API_KEY=sk_…

Options
  --port <n>               port to listen on (4010); 0 takes a free one
  --host <address>         address to listen on (127.0.0.1)
  --dir <folder>           keep records and bytes there across restarts; without it all is in memory
  --api-key <key>          server key to accept (generated, and kept in the folder if there is one)
  --client-key <key>       client key to accept (the same)
  --public-url <url>       what upload and delivery URLs begin with, if clients reach it by another address
  --ready-delay-ms <n>     time from the upload to READY (0)
  --upload-url-ttl-ms <n>  life of an upload URL (900000)
  --token-ttl-ms <n>       life of an upload token (86400000)
  --idempotency <mode>     replay, conflict or ignore: what a known idempotency key does (replay)
  --repeated-put <mode>    same-bytes, overwrite or reject: what a second PUT may do (same-bytes)
  --max-pending <n>        most PENDING records at once (no limit)
  --require-token          the client key needs an upload token
  --json                   print one line of JSON instead of text
  --version                print the version
  --help                   this text

Examples
  imgwire-emulator --dir .imgwire
  imgwire-emulator --port 0 --json --ready-delay-ms 500

Faults are scripted over HTTP:
  curl -H 'content-type: application/json' http://127.0.0.1:4010/_emulator/faults \\
       -d '{ "route": "put", "status": 503, "times": 2, "headers": { "retry-after": "1" } }'
`;

const FLAGS = {
  port: { type: 'string' },
  host: { type: 'string' },
  dir: { type: 'string' },
  'api-key': { type: 'string' },
  'client-key': { type: 'string' },
  'public-url': { type: 'string' },
  'ready-delay-ms': { type: 'string' },
  'upload-url-ttl-ms': { type: 'string' },
  'token-ttl-ms': { type: 'string' },
  idempotency: { type: 'string' },
  'repeated-put': { type: 'string' },
  'max-pending': { type: 'string' },
  'require-token': { type: 'boolean' },
  json: { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Runs the command: starts the emulator, prints its address, and stops it on SIGINT and SIGTERM. */
export async function runCli(args: readonly string[]): Promise<void> {
  try {
    const [command, ...rest] = args;
    if (command === 'probe') return await runProbe(rest, process.env);
    const { values } = parseArgs({ args: [...args], options: FLAGS });
    if (values.help) return void process.stdout.write(HELP);
    if (values.version) return void process.stdout.write(`${await readVersion()}\n`);
    await serve(toOptions(values), values.json ?? false);
  } catch (error) {
    // Users need the message, not the stack.
    const command = args[0] === 'probe' ? 'imgwire-emulator probe' : 'imgwire-emulator';
    process.stderr.write(`imgwire-emulator: ${describe(error)}\nTry ${command} --help\n`);
    process.exitCode = 1;
  }
}

function describe(error: unknown): string {
  const { code, port, message } = error as NodeJS.ErrnoException & { port?: number };
  if (code !== 'EADDRINUSE') return withFlag(message);
  return `port ${port} is in use, maybe by another emulator; --port takes another, and --port 0 a free one.`;
}

type Values = { readonly [Name in keyof typeof FLAGS]?: string | boolean };

/** The option of each flag, and how its text is read. */
const OPTIONS: ReadonlyArray<
  readonly [option: keyof EmulatorOptions, flag: keyof typeof FLAGS, read?: (text: string) => unknown]
> = [
  ['port', 'port', toNumber],
  ['host', 'host'],
  ['dir', 'dir'],
  ['apiKey', 'api-key'],
  ['clientKey', 'client-key'],
  ['publicUrl', 'public-url'],
  ['readyDelayMs', 'ready-delay-ms', toNumber],
  ['uploadUrlTtlMs', 'upload-url-ttl-ms', toNumber],
  ['uploadTokenTtlMs', 'token-ttl-ms', toNumber],
  ['idempotency', 'idempotency'],
  ['repeatedPut', 'repeated-put'],
  ['maximumPendingUploads', 'max-pending', toNumber],
  ['allowUnsignedUpload', 'require-token', () => false],
];

/** An empty text is no number: `Number('')` is 0. */
function toNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** startEmulator validates every value, so nothing is checked twice. */
function toOptions(values: Values): EmulatorOptions {
  const given = OPTIONS.filter(([, flag]) => values[flag] !== undefined).map(
    ([option, flag, read = String]) => [option, read(String(values[flag]))] as const,
  );
  return { port: 4010, ...Object.fromEntries(given) };
}

/** What is said of an option is said of its flag, since that is what was written. */
function withFlag(message: string): string {
  const [, name] = /^startEmulator\(\): option "(\w+)"/.exec(message) ?? [];
  const flag = OPTIONS.find(([option]) => option === name)?.[1];
  return flag === undefined ? message : message.replace(/^[^"]*"\w+"/, `"--${flag}"`);
}

async function readVersion(): Promise<string> {
  // Beside `src` in a checkout, and beside `dist` in the package.
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

async function serve(options: EmulatorOptions, asJson: boolean): Promise<void> {
  const emulator = await startEmulator(options);
  const { url, apiKey, clientKey } = emulator;
  const lines = [
    `Imgwire emulator at ${url}`,
    `  IMGWIRE_API_BASE_URL=${url}`,
    `  IMGWIRE_API_KEY=${apiKey}`,
    `  client key           ${clientKey}`,
    `  state                ${options.dir ?? 'in memory'}`,
  ];
  process.stdout.write(asJson ? `${JSON.stringify({ url, apiKey, clientKey })}\n` : `${lines.join('\n')}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void emulator.close());
}
