import { type Emulator, startEmulator } from '@imgwire/emulator';
import { ImgwireHttpException, ImgwireModule, ImgwireService, isImgwireError } from '@imgwire/nestjs';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { image } from '../support/images.ts';

describe('ImgwireService in an application without HTTP', () => {
  let emulator: Emulator;
  let app: INestApplicationContext;
  let imgwire: ImgwireService;
  beforeEach(async () => {
    emulator = await startEmulator();
    const connection = { apiKey: emulator.apiKey, baseUrl: emulator.url, maxAttempts: 1 };
    app = await NestFactory.createApplicationContext(ImgwireModule.forRoot(connection), { logger: false });
    imgwire = app.get(ImgwireService);
  });
  afterEach(async () => {
    await app.close();
    await emulator.waitFor((e) => e.connections() === 0);
    await emulator.close();
  });

  it('uploads, waits, finds, lists and deletes an image', async () => {
    const { id } = await imgwire.upload({ file: await image('image/png'), fileName: 'a.png' });
    expect(await imgwire.waitUntilReady(id)).toMatchObject({ id, status: 'READY' });
    expect(await imgwire.retrieve(id)).toMatchObject({ id, original_filename: 'a.png' });
    expect((await imgwire.list({ limit: 10 })).data.map((each) => each.id)).toEqual([id]);
    await imgwire.delete(id);
    expect(emulator.images.list()).toEqual([]);
  });

  it('uploads many and yields each outcome', async () => {
    const good = await image('image/png');
    const items = [good, Buffer.from('no image'), good].map((file, i) => ({ file, fileName: `${i}.png` }));
    const outcomes = new Set<string>();
    for await (const { index, status } of imgwire.uploadMany(items)) outcomes.add(`${index} ${status}`);
    expect(outcomes).toEqual(new Set(['0 fulfilled', '1 rejected', '2 fulfilled']));
  });

  it('imports from a URL, one and many', async () => {
    const body = { id: 'abc', cdn_url: 'https://cdn.example/abc' };
    emulator.faults.add({ route: 'upload_via_url', status: 200, body, times: 3 });
    const url = 'https://images.example.com/a.jpg';
    expect(await imgwire.uploadViaUrl({ url })).toMatchObject({ id: 'abc' });
    const outcomes: string[] = [];
    for await (const { status } of imgwire.uploadViaUrlMany([{ url }, { url }])) outcomes.push(status);
    expect(outcomes).toEqual(['fulfilled', 'fulfilled']);
  });

  it('gives out a token', async () => {
    expect(await imgwire.createUploadToken()).toMatchObject({ token: expect.any(String) });
  });

  it('rejects with an HttpException whose cause is the error of core', async () => {
    emulator.faults.add({ route: 'retrieve', status: 401 });
    const failure: unknown = await imgwire.retrieve('x').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ImgwireHttpException);
    expect(failure).toMatchObject({ code: 'UPSTREAM_REJECTED', status: 502 });
    expect(isImgwireError((failure as Error).cause)).toBe(true);
    expect(JSON.stringify(failure)).not.toContain(emulator.apiKey);
  });

  it('throws the reason of a run that was stopped as it is', async () => {
    const reason = new Error('enough');
    const run = imgwire.uploadMany([], { signal: AbortSignal.abort(reason) });
    await expect(run.next()).rejects.toBe(reason);
  });
});
