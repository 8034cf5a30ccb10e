import { createServer, type Server } from 'node:http';
import { createImgwire, type Imgwire } from '@imgwire/core';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';
import { listen } from '../support/listen.ts';
import { overRest } from '../support/over-rest.ts';
import { sha256 } from '../support/upload-suite.ts';
import { storeGenerated } from './generated.ts';

const png = await image('image/png');
const base64 = png.toString('base64');

describe('an image from a generator', () => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  let server: Server;
  let url: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    imgwire = createImgwire(overRest(emulator));
    server = createServer((_req, res) => void res.writeHead(200, { 'content-type': 'image/png' }).end(png));
    url = `${await listen(server)}/a.png?expires=60`;
  });
  afterEach(() => emulator.reset());
  afterAll(async () => {
    server.close();
    await imgwire.close();
    await emulator.close();
  });

  it.each([
    ['base64', () => ({ base64 })],
    ['a data URL', () => ({ base64: `data:image/png;base64,${base64}` })],
    ['a temporary URL', () => ({ url })],
  ])('is stored once from %s, however often that is tried', async (_name, make) => {
    const first = await storeGenerated(imgwire, { id: 'a', ...make() });
    const second = await storeGenerated(imgwire, { id: 'a', ...make() });
    expect([second.id, second.purpose]).toEqual([first.id, 'generated']);
    expect(emulator.images.list()).toHaveLength(1);
    expect(emulator.images.sha256(first.id)).toBe(sha256(png));
  });

  it('is rejected if it is none', async () => {
    const text = Buffer.from('I cannot draw that.').toString('base64');
    await expect(storeGenerated(imgwire, { id: 'a', base64: text })).rejects.toMatchObject({
      code: 'UNSUPPORTED_IMAGE_TYPE',
    });
    expect(emulator.images.list()).toEqual([]);
  });
});
