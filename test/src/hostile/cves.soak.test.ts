import { connect } from 'node:net';
import { type Emulator, startEmulator } from '@imgwire/emulator';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { BOUNDARY, encodeForm, openPost, type Part, postForm } from '../support/client.ts';
import { image, imageOfSize } from '../support/images.ts';
import { namedTemporaryFiles, openTemporaryFiles } from '../support/leftovers.ts';
import { sample } from '../support/sample.ts';
import { type RunningTarget, TARGETS, type TargetOptions } from '../support/targets.ts';
import { overRest, sha256 } from '../support/upload-suite.ts';

/*
 * What broke multer, busboy and formidable since 2022, against this stack. The advisories are at
 * https://www.cve.org/CVERecord?id=<number>, multer's also at https://github.com/expressjs/multer/security/advisories.
 */

const png = await image('image/png');
const large = await imageOfSize('image/jpeg', 600_000);
const file = (bytes: Uint8Array = png, name = 'avatar', fileName = 'a.png'): Part => ({
  name,
  fileName,
  bytes,
});
const field = (name: string, value = 'x'): Part => ({ name, value });

describe.each(sample(TARGETS))('$name is not hurt by', (target) => {
  let emulator: Emulator;
  let app: RunningTarget;
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => void faults.push(fault);
  const start = async (options: TargetOptions = {}): Promise<void> => {
    app = await target.start({ ...overRest(emulator), ...options });
  };
  const post = (parts: readonly Part[], path = '/any') => postForm(`${app.url}${path}`, parts);
  /** A form whose parts are written by hand. */
  const postRaw = async (body: string) => {
    const sent = openPost(`${app.url}/any`, Buffer.byteLength(body));
    sent.request.end(body);
    return sent.answer;
  };
  beforeAll(async () => {
    process.on('unhandledRejection', onFault).on('uncaughtExceptionMonitor', onFault);
    emulator = await startEmulator();
  });
  beforeEach(() => emulator.reset());
  // After each of them the server is well, and nothing is left.
  afterEach(async () => {
    emulator.faults.clear();
    try {
      const before = emulator.images.list().length;
      expect((await post([file()])).status).toBe(200);
      expect(emulator.images.list()).toHaveLength(before + 1);
    } finally {
      await app.close();
    }
    await expect.poll(() => emulator.connections()).toBe(0);
    expect(faults).toEqual([]);
    await expect.poll(() => openTemporaryFiles()).toEqual([]);
    expect(namedTemporaryFiles()).toEqual([]);
  });
  afterAll(async () => {
    await emulator.close();
    process.off('unhandledRejection', onFault).off('uncaughtExceptionMonitor', onFault);
  });

  it('CVE-2022-24434 (busboy, dicer): a part header that crashed the parser', async () => {
    await start();
    const answer = await postRaw(`--${BOUNDARY}\r\n\0\0\0Content-Disposition\r\n\r\n\r\n--${BOUNDARY}--\r\n`);
    expect(answer.json).toMatchObject({ status: 400, code: 'MALFORMED_MULTIPART' });
    const empty = await postRaw(`--${BOUNDARY}\r\n \n\r\n\r\n--${BOUNDARY}--\r\n`);
    expect(empty.json).toMatchObject({ status: 400, code: 'MALFORMED_MULTIPART' });
  });

  it('CVE-2022-29622 (formidable): a file name that ran as code, or left its folder', async () => {
    await start();
    const names = ['../../evil.js', '<img src=x onerror=alert(1)>.png', 'a\u202Egnp.exe', '.htaccess'];
    for (const name of names) {
      const answer = await post([file(png, 'avatar', name)]);
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json.files[0]).toMatchObject({ mimetype: 'image/png' });
      expect(answer.json.files[0].originalname).not.toContain('/');
    }
    expect((await post([file(png, 'avatar', '..')])).status).toBe(400);
    // A script with the name of an image is none.
    expect((await post([file(Buffer.from('#!/bin/sh\n'), 'avatar', 'a.png')])).status).toBe(415);
  });

  it('CVE-2025-46653 (formidable): names of temporary files that could be guessed', async () => {
    await start({ maxReplayBytes: 0 });
    emulator.faults.add({ route: 'put', stallAfterBytes: 100_000 });
    const answer = post([file(large)], '/single');
    // Once the copy is written it has no name at all.
    const nameless = expect.stringMatching(/imgwire-upload-[0-9a-f-]{36} \(deleted\)$/);
    await expect.poll(() => openTemporaryFiles()).toEqual([nameless]);
    expect(namedTemporaryFiles()).toEqual([]);
    emulator.faults.clear();
    expect((await answer).status).toBe(200);
  });

  it('CVE-2025-47935, CVE-2026-2359 (multer): clients that leave, whose streams were never closed', async () => {
    await start();
    const form = encodeForm([file(large)]);
    for (let i = 0; i < 20; i++) {
      const sent = openPost(`${app.url}/single`, form.length);
      await sent.write(form.subarray(0, 300_000 + i * 10_000));
      sent.request.destroy();
    }
    await expect.poll(() => app.errors).toHaveLength(20);
    expect(new Set(app.errors.map((error) => (error as { code: string }).code))).toEqual(
      new Set(['CLIENT_ABORTED']),
    );
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });

  it.each([
    ['CVE-2025-47944', `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n`],
    [
      'CVE-2025-47944, once more',
      `--${BOUNDARY}\r\nContent-Disposition: form-data; name="a"; filename="a"\r\nX`,
    ],
    ['CVE-2025-7338', `--${BOUNDARY}\r\n\r\n--${BOUNDARY}`],
  ])('%s (multer): a malformed form that crashed the process', async (_number, body) => {
    await start();
    expect((await postRaw(body)).json).toMatchObject({ status: 400, code: 'MALFORMED_MULTIPART' });
  });

  it('CVE-2025-48997 (multer): a file in a field with an empty name, which crashed the process', async () => {
    await start();
    expect((await post([file(png, '')])).json).toMatchObject({ status: 400, code: 'MISSING_FIELD_NAME' });
    expect(emulator.images.list()).toEqual([]);
  });

  it('CVE-2026-3304 (multer): a malformed form behind a slow filter, which left files behind', async () => {
    await start({ metadata: () => new Promise((resolve) => setTimeout(resolve, 50, undefined)) });
    const form = encodeForm([file(), file(large, 'b')]);
    const sent = openPost(`${app.url}/any`, form.length - 1000);
    sent.request.end(form.subarray(0, form.length - 1000));
    expect((await sent.answer).json).toMatchObject({ status: 400, code: 'MALFORMED_MULTIPART' });
    expect(emulator.images.list()).toEqual([]);
  });

  it('CVE-2026-3520 (multer): the removal of very many files, which ran out of stack', async () => {
    await start({ limits: { files: 5000, parts: 5001 } });
    // The removal is core's.
    const parts = Array.from({ length: target.name !== 'core' ? 20 : inject('soak') ? 300 : 100 }, (_, at) =>
      file(png, `f${at}`),
    );
    const answer = await post([...parts, file(Buffer.from('no image'), 'last')]);
    expect(answer.json).toMatchObject({ status: 415 });
    expect(emulator.images.list()).toEqual([]);
  });

  it('CVE-2026-5038 (multer): aborted uploads, which left files behind', async () => {
    await start();
    const form = encodeForm([file(large, 'avatar'), file(large, 'photos')]);
    for (const share of [0.3, 0.6, 0.9]) {
      const sent = openPost(`${app.url}/fields`, form.length);
      await sent.write(form.subarray(0, form.length * share));
      await emulator.waitFor(({ requests }) => requests.some(({ route }) => route === 'create'));
      sent.request.destroy();
    }
    await expect.poll(() => app.errors).toHaveLength(3);
    await emulator.waitFor(({ images }) => images.list().length === 0);
  });

  it('CVE-2026-5079 (multer): field names that nest deeply', async () => {
    await start({ limits: { fieldNameSize: 1_000_000 } });
    const answer = await post([field(`a${'[b]'.repeat(5000)}`)]);
    expect(answer.json).toMatchObject({ status: 400, code: 'LIMIT_FIELD_NESTING' });
  });

  it('CVE-2026-77078 (multer): a name of digits, whose RangeError crashed the process', async () => {
    await start();
    for (const name of ['4294967295', '4294967295[]', 'a[4294967295]', `a[${'9'.repeat(50)}]`]) {
      const { status } = await post([field(name), field(`${name}[]`)]);
      expect([200, 400]).toContain(status);
    }
    const full = await post([field('a[4294967294]'), field('a[]')]);
    expect(full.json).toMatchObject({ status: 400, code: 'LIMIT_FIELD_ARRAY_INDEX' });
  });

  it('CVE-2026-77063 (multer): a file above the limit, which passed behind a slow filter', async () => {
    await start({
      limits: { fileSize: 500_000 },
      metadata: () => new Promise((resolve) => setTimeout(resolve, 50, undefined)),
    });
    expect((await post([file(large)])).json).toMatchObject({ status: 413, code: 'LIMIT_FILE_SIZE' });
    expect(emulator.images.list()).toEqual([]);
  });

  it('CVE-2026-82333 (multer): array indices that make sparse arrays', async () => {
    await start();
    expect((await post([field('a[100000000]')])).json).toMatchObject({
      status: 400,
      code: 'LIMIT_FIELD_ARRAY_INDEX',
    });
    const { json } = await post([field('a[100]')]);
    expect(json.body.a).toHaveLength(101);
  });

  it('requests that are smuggled in the surplus of a declared length (RFC 9112, section 11.2)', async () => {
    await start();
    // The second request lies in the file, where a proxy that believed the length would not look for it.
    const smuggled = 'DELETE /api/v1/images/all HTTP/1.1\r\nHost: a\r\n\r\n';
    const bytes = Buffer.concat([large, Buffer.from(smuggled)]);
    const answer = await post([file(bytes)]);
    expect(emulator.images.sha256(answer.json.images[0].id)).toBe(sha256(bytes));
    expect(emulator.requests.filter(({ route }) => route === 'delete' || route === 'unknown')).toEqual([]);
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    const form = encodeForm([file()]);
    socket.resume().on('error', () => undefined);
    socket.write(
      `POST /any HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=${BOUNDARY}\r\n` +
        `Content-Length: ${form.length}\r\nContent-Length: 5\r\n\r\n`,
    );
    socket.write(form);
    await closed;
    expect(emulator.images.list()).toHaveLength(1);
  });
});
