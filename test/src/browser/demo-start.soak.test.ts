import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../support/listen.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What is under way in a test, to be ended after it. */
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** Starts the demo as `npm run demo` does, and returns its address and its curl line. */
async function startDemo(
  env: Readonly<Record<string, string>>,
): Promise<{ address: string; curl: string; text: string }> {
  const { IMGWIRE_API_KEY: _, IMGWIRE_API_BASE_URL: __, ...clean } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/demo/src/main.ts'], {
    cwd: root,
    env: { ...clean, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  ends.push(async () => {
    child.kill();
    await gone;
  });
  let text = '';
  for await (const line of createInterface(child.stdout)) {
    text += `${line}\n`;
    const curl = /^ +(curl .*)$/.exec(line)?.[1];
    const address = /demo at (http\S+)/.exec(text)?.[1];
    if (curl && address) return { address, curl, text };
  }
  throw new Error(`The demo ended without an address:\n${text}`);
}

/** Runs a printed curl line as a shell would. */
async function runCurl(line: string): Promise<string> {
  const [command = '', ...args] = line.split(' ');
  return (await promisify(execFile)(command, ['--silent', ...args], { cwd: root })).stdout;
}

const firstImage = (json: string): Readonly<Record<string, string>> => JSON.parse(json).images[0];

describe('the demo', () => {
  it('prints its address and a curl line that uploads an image, or several in one form', async () => {
    const { address, curl } = await startDemo({ PORT: '0' });
    expect(curl).toBe(`curl -F images=@examples/demo/lake.jpg ${address}/images`);
    const image = firstImage(await runCurl(curl));
    expect(Object.keys(image)).toEqual(['id', 'status', 'thumbnail', 'large']);
    for (const url of [image['thumbnail'], image['large']]) {
      const picture = await fetch(String(url));
      expect(picture.headers.get('content-type')).toMatch(/^image\//);
    }
    const twice = curl.replace('-F', '-F images=@test/fixtures/image.bmp -F');
    expect(JSON.parse(await runCurl(twice)).images).toHaveLength(2);
  });

  it('says that its port is in use, and takes a free one', async () => {
    const other = createServer();
    const taken = await listen(other);
    ends.push(async () => other.close());
    const { port } = new URL(taken);
    const { address, text } = await startDemo({ PORT: port });
    expect(text).toMatch(`Port ${port} is in use: the demo takes a free one.`);
    expect(address).not.toBe(taken);
    expect(await (await fetch(address)).text()).toContain('<h1>');
  });

  it('uses the service of IMGWIRE_API_KEY, and starts no emulator', async () => {
    const service: Emulator = await startEmulator();
    ends.push(() => service.close());
    const { curl, text } = await startDemo({
      PORT: '0',
      IMGWIRE_API_KEY: service.apiKey,
      IMGWIRE_API_BASE_URL: service.url,
    });
    const { id } = firstImage(await runCurl(curl));
    expect(text).not.toMatch(/emulator/);
    expect(service.images.list()).toMatchObject([{ id, original_filename: 'lake.jpg', status: 'READY' }]);
  });
});

it('the signed-upload example says that its port is in use, and ends', async () => {
  const other = createServer();
  const { port } = new URL(await listen(other));
  ends.push(async () => other.close());
  const { IMGWIRE_API_KEY: _, IMGWIRE_CLIENT_KEY: __, ...env } = process.env;
  const args = ['--import', 'tsx', 'examples/signed-upload/src/main.ts'];
  const started = promisify(execFile)(process.execPath, args, { cwd: root, env: { ...env, PORT: port } });
  await expect(started).rejects.toMatchObject({
    code: 1,
    stderr: `Port ${port} is in use. Set PORT to another one.\n`,
  });
});
