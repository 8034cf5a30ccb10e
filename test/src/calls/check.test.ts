import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { createImgwire, type Imgwire, type ImgwireOptions } from '@imgwire/express';
import { ImgwireService } from '@imgwire/nestjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { imageOfSize } from '../support/images.ts';
import { TRANSPORTS } from '../support/transports.ts';

const png = await imageOfSize('image/png', 5000);
const OK = { ok: true };
const failed = (error: object) => ({ ok: false, error: expect.objectContaining(error) });

describe.each(TRANSPORTS)('check(), over $transport', ({ connect }) => {
  let emulator: Emulator;
  let imgwire: Imgwire;
  const open = (options: ImgwireOptions = {}, to: Pick<Emulator, 'url' | 'apiKey'> = emulator): void => {
    imgwire = createImgwire({ ...connect(to), ...options });
  };
  beforeEach(async () => {
    emulator = await startEmulator();
  });
  afterEach(async () => {
    await imgwire.close();
    await emulator.close();
  });
  const records = (): number => emulator.requests.filter(({ route }) => route === 'create').length;

  it('is ok where all works, and stores nothing', async () => {
    open();
    expect(await imgwire.check()).toEqual({ ok: true, service: OK, store: undefined, folder: OK });
    expect(records()).toBe(0);
  });

  it('reaches the store of the last upload', async () => {
    open();
    await imgwire.upload({ file: png });
    expect(await imgwire.check()).toEqual({ ok: true, service: OK, store: OK, folder: OK });
    expect(records()).toBe(1);
  });

  it('with `upload` stores a picture, and deletes it', async () => {
    open();
    expect(await imgwire.check({ upload: true })).toEqual({ ok: true, service: OK, store: OK, folder: OK });
    expect(records()).toBe(1);
    expect(emulator.images.list()).toEqual([]);
  });

  it('tells a store that takes no bytes, and leaves no record', async () => {
    open({ maxAttempts: 1 });
    emulator.faults.add({ route: 'put', status: 503, times: null });
    const health = await imgwire.check({ upload: true });
    expect(health).toMatchObject({ ok: false, service: OK, folder: OK });
    expect(health.store).toEqual(failed({ code: 'UPSTREAM_UNAVAILABLE', upstreamStatus: 503 }));
    expect(emulator.images.list()).toEqual([]);
  });

  it('tells a key that is wrong', async () => {
    open({}, { url: emulator.url, apiKey: 'sk_of_another_environment' });
    const health = await imgwire.check();
    expect(health.service).toEqual(failed({ code: 'UPSTREAM_REJECTED', upstreamStatus: 401 }));
    expect(health.ok).toBe(false);
  });

  it('tells a service that cannot be reached, with one attempt', async () => {
    open({}, { url: `http://127.0.0.1:${await freePort()}`, apiKey: emulator.apiKey });
    expect((await imgwire.check()).service).toEqual(failed({ code: 'UPSTREAM_UNAVAILABLE' }));
  });

  it('tells a service that does not answer in time', async () => {
    open();
    emulator.faults.add({ route: 'list', hang: true });
    expect((await imgwire.check({ timeoutMs: 50 })).service).toEqual(failed({ code: 'UPSTREAM_TIMEOUT' }));
  });

  it('tells a store that has gone', async () => {
    open();
    await imgwire.upload({ file: png });
    await emulator.close();
    const health = await imgwire.check();
    expect(health.store).toEqual(failed({ code: 'UPSTREAM_UNAVAILABLE' }));
    expect(health.ok).toBe(false);
  });

  it('tells a temporary folder that cannot be written', async () => {
    open();
    const folder = await mkdtemp(join(tmpdir(), 'check-'));
    await rm(folder, { recursive: true });
    const { TMPDIR } = process.env;
    process.env['TMPDIR'] = folder;
    try {
      const health = await imgwire.check();
      expect(health).toMatchObject({ ok: false, service: OK });
      expect(health.folder).toEqual(failed({ code: 'TEMPORARY_FILE_FAILED' }));
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
    }
  });

  it('is not ok once the connection closes', async () => {
    open();
    await imgwire.close();
    const shut = failed({ code: 'SHUTTING_DOWN' });
    expect(await imgwire.check()).toEqual({ ok: false, service: shut, store: undefined, folder: shut });
  });

  it('ends with its signal', async () => {
    open();
    emulator.faults.add({ route: 'list', hang: true });
    const reason = new Error('the probe has left');
    const ending = new AbortController();
    const checking = imgwire.check({ signal: ending.signal });
    await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'list'));
    ending.abort(reason);
    expect((await checking).service).toEqual({ ok: false, error: reason });
  });

  it('is a method of ImgwireService', async () => {
    open();
    expect(await new ImgwireService(imgwire).check()).toMatchObject({ ok: true });
  });

  it('rejects for an option that is wrong', async () => {
    open();
    await expect(imgwire.check({ uploads: true } as never)).rejects.toThrow(
      'check(): unknown option "uploads"; did you mean "upload"?',
    );
  });
});
