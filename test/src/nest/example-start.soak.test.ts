import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Starts the gallery as `npm run example:nestjs` does, and returns its output. */
async function startGallery(): Promise<string> {
  const { IMGWIRE_API_KEY: _, IMGWIRE_API_BASE_URL: __, ...env } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/nestjs/src/main.ts'], {
    cwd: root,
    env: { ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  onTestFinished(async () => {
    child.kill();
    await gone;
  });
  let text = '';
  for await (const line of createInterface(child.stdout)) {
    text += `${line}\n`;
    if (line.includes('curl')) return text;
  }
  throw new Error(`The gallery ended without an address:\n${text}`);
}

it('the gallery example prints where it is, stores an upload, and shows Swagger UI', async () => {
  const printed = await startGallery();
  const [, gallery = '', docs = ''] = /gallery is at (\S+), Swagger UI at (\S+)/.exec(printed) ?? [];
  expect(printed).toContain('Images are stored by the emulator at http');
  expect(printed).toContain(`-F image=@examples/demo/lake.jpg ${gallery}`);
  const form = [
    { name: 'title', value: 'Lake' },
    { name: 'image', fileName: 'lake.png', bytes: await image('image/png') },
  ];
  const { status, json } = await postForm(gallery, form, { headers: { 'x-user': 'ann' } });
  expect([status, json.owner, json.title]).toEqual([201, 'ann', 'Lake']);
  expect((await fetch(json.url)).headers.get('content-type')).toMatch(/^image\//);
  expect(await (await fetch(docs)).text()).toContain('swagger-ui');
});
