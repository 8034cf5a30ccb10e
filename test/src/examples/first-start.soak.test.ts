import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const EXAMPLES = Object.keys(scripts).filter((name) => name === 'demo' || name.startsWith('example:'));

/** What those with a server print: how to use them from a terminal, or whom to sign in as. */
const SERVERS: Readonly<Record<string, RegExp>> = {
  demo: /demo at http[\s\S]* curl -F images=@examples\/demo\/lake\.jpg http\S+\/images\n/,
  'example:signed-upload': /at http\S+: log in as demo with the password imgwire\n/,
  'example:multer': / curl -F name=Ann -F avatar=@examples\/demo\/lake\.jpg http\S+\/avatar\n/,
  'example:nestjs':
    /Swagger UI at http[\s\S]* curl -H 'x-user: ann' .*-F image=@examples\/demo\/lake\.jpg http\S+\n/,
  'example:nextjs': /sign in to upload[\s\S]*Local: +http\S+/,
  'example:hono': /at http\S+: sign in as demo with the password imgwire\n/,
  'example:opentelemetry': / curl -F images=@examples\/demo\/lake\.jpg http\S+\/images\n/,
};

/** What those that end print: a line to copy. */
const TOOLS: Readonly<Record<string, RegExp>> = {
  'example:import': /^ +npm run example:import -- --folder docs\/screenshots$/m,
  'example:import-queue': /^ +npm run example:import-queue -- --csv images\.csv /m,
};

/** Starts an example as its script does, without arguments. */
function start(script: string) {
  const { IMGWIRE_API_KEY: _, IMGWIRE_CLIENT_KEY: __, IMGWIRE_API_BASE_URL: ___, ...env } = process.env;
  const args = (scripts[script] ?? '').split(' ').slice(1);
  return spawn(process.execPath, args, {
    cwd: root,
    env: { ...env, PORT: '0', NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

it('covers each example', () => {
  expect(new Set(EXAMPLES)).toEqual(new Set([...Object.keys(SERVERS), ...Object.keys(TOOLS)]));
});

it.each(Object.entries(SERVERS))('%s says how to use it when it is started', async (script, words) => {
  const child = start(script);
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await gone;
  });
  let printed = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      printed += chunk;
      if (words.test(printed)) resolve();
    });
    child.stdout.on('end', resolve);
  });
  expect(printed).toMatch(words);
});

it.each(Object.entries(TOOLS))('%s prints its usage without arguments, and ends', async (script, line) => {
  const child = start(script);
  const ended = once(child, 'exit');
  const [out, complaints, [code]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  expect([code, complaints]).toEqual([0, '']);
  expect(out).toMatch(line);
});
