import { createServer, type Server } from 'node:http';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import {
  createImgwire,
  type ImgwireUpload,
  type ImgwireUploadOptions,
  imgwireUpload,
} from '@imgwire/express';
import express from 'express';
import { transpile } from 'typescript';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { codeBlocks } from '../docs/markdown.ts';
import { postForm } from '../support/client.ts';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/upload-suite.ts';

// packages/core/docs/security.md shows a key that a client has chosen, with its user in front.

const PAGE = 'packages/core/docs/security.md';
const { code } = codeBlocks(PAGE).find(({ code }) => code.includes('perUser')) ?? { code: '' };

let emulator: Emulator;
let server: Server;
let url: string;
beforeEach(async () => {
  emulator = await startEmulator();
  const imgwire = createImgwire(overRest(emulator));
  const connected = (options: ImgwireUploadOptions): ImgwireUpload => imgwireUpload({ imgwire, ...options });
  const perUser = new Function('imgwireUpload', `${transpile(code)}; return perUser;`)(
    connected,
  ) as ImgwireUpload;
  const app = express();
  app.use((req, _res, next) => {
    const id = req.get('x-user');
    Object.assign(req, id && { user: { id } });
    next();
  });
  app.post('/avatar', perUser.single('avatar'), (req, res) => void res.json({ id: req.image?.id }));
  server = createServer(app);
  url = await listen(server);
});
afterEach(async () => {
  server.close();
  await emulator.close();
});

const post = async (headers: Readonly<Record<string, string>>): Promise<string> => {
  const bytes = await image('image/png');
  const answer = await postForm(`${url}/avatar`, [{ name: 'avatar', fileName: 'a.png', bytes }], { headers });
  return answer.json.id;
};

it('one user who sends a key again gets the image, and another who sends it gets their own', async () => {
  const first = await post({ 'x-user': '7', 'idempotency-key': 'a' });
  expect(await post({ 'x-user': '7', 'idempotency-key': 'a' })).toBe(first);
  expect(await post({ 'x-user': '8', 'idempotency-key': 'a' })).not.toBe(first);
  expect(emulator.images.list()).toHaveLength(2);
});

it.each([
  ['user', { 'idempotency-key': 'a' }],
  ['key', { 'x-user': '7' }],
])('each upload without a %s is its own', async (_missing, headers) => {
  expect(await post(headers)).not.toBe(await post(headers));
});
